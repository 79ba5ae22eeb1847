package workers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkClone clones 245 small repositories over HTTP, four at once, with
// the worker and with xargs.
func BenchmarkClone(b *testing.B) {
	remotes := b.TempDir()
	first := bareRepo(b, remotes, "acme/r0.git")
	for i := 1; i < 245; i++ {
		if err := os.CopyFS(filepath.Join(remotes, "acme", fmt.Sprintf("r%d.git", i)), os.DirFS(first)); err != nil {
			b.Fatal(err)
		}
	}
	url := serve(b, remotes, nil)
	var urls []string
	for i := range 245 {
		urls = append(urls, fmt.Sprintf("%s/acme/r%d", url, i))
	}
	b.Run("xargs", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), "xargs", "-P", "4", "-n", "1", "git", "clone", "-q")
			cmd.Dir, cmd.Stdin = b.TempDir(), strings.NewReader(strings.Join(urls, "\n"))
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
	})
	b.Run("worker", func(b *testing.B) {
		for b.Loop() {
			counts(b, newRun(b, of(b, urls...)).must(b), 245, 0, 0)
		}
	})
	b.Run("skip", func(b *testing.B) {
		r := newRun(b, of(b, urls...))
		r.must(b)
		for b.Loop() {
			counts(b, newRunIn(b, r.project, of(b, urls...)).must(b), 0, 245, 0)
		}
	})
}

// An organisation of 10,000 that a job enters, and one that is there.
func BenchmarkEnrol(b *testing.B) {
	all := make([]Repository, 10_000)
	for i := range all {
		all[i] = repository("acme", fmt.Sprintf("service-%d", i))
	}
	full, _, err := enrol([]byte(`{"workspace": {"name": "x", "repos": []}}`), "/project", newMembers(all, nil), all, noon)
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string][]byte{"new": []byte(`{"workspace": {"name": "x", "repos": []}}`), "there": full} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := enrol(text, "/project", newMembers(all, nil), all, noon); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
