package stories

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func bulk(n, size int) [][]Draft {
	body := strings.Repeat("Some words of a description that goes on.\n", size)
	var all [][]Draft
	for at := 0; at < n; at += 100 {
		page := make([]Draft, 0, 100)
		for i := range 100 {
			d := issue("acme/web", at+i+1, fmt.Sprintf("Issue number %d of many", at+i+1), body)
			d.Item.Labels, d.Criteria = []string{"bug", "p1"}, []string{"it works", "it lasts"}
			page = append(page, d)
		}
		all = append(all, page)
	}
	return all
}

func fill(tb testing.TB, project string, all [][]Draft) {
	tb.Helper()
	l, err := Open(context.Background(), project, Options{Now: now})
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	for _, page := range all {
		if _, err := l.Write(context.Background(), page); err != nil {
			tb.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	all := bulk(2000, 20)
	for b.Loop() {
		fill(b, b.TempDir(), all)
	}
	b.ReportMetric(float64(2000*b.N)/b.Elapsed().Seconds(), "stories/s")
}

func BenchmarkRefreshUnchanged10k(b *testing.B) {
	project, all := b.TempDir(), bulk(10_000, 20)
	fill(b, project, all)
	for b.Loop() {
		fill(b, project, all)
	}
}

func BenchmarkOpen10k(b *testing.B) {
	project := b.TempDir()
	fill(b, project, bulk(10_000, 20))
	for b.Loop() {
		l, err := Open(context.Background(), project, Options{})
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}

func BenchmarkRender(b *testing.B) {
	d := bulk(100, 20)[0][0]
	for b.Loop() {
		_ = d.sourceHash(render(d, spot{1, "web", "FS-001E", clock}, nil))
	}
}

// The index of many stories is small. SPECWEAVE_TEST_MANY says how many. It is
// not parallel: it looks at the whole heap.
func TestMemory(t *testing.T) {
	n := 2000
	if s := os.Getenv("SPECWEAVE_TEST_MANY"); s != "" {
		_, err := fmt.Sscan(s, &n)
		check(t, err)
	} else if testing.Short() {
		t.Skip("writes 2,000 files")
	}
	project := t.TempDir()
	dir := filepath.Join(project, filepath.FromSlash(Dir), "web", "FS-001E")
	check(t, os.MkdirAll(dir, 0o755))
	for i := range n {
		d := issue("acme/web", i+1, fmt.Sprintf("Issue number %d of many", i+1), "Body.")
		d.Item.ID = fmt.Sprintf("gitea#acme/web#%d", i+1)
		file := text(render(d, spot{i + 1, "web", "FS-001E", clock}, nil))
		check(t, os.WriteFile(filepath.Join(dir, fileName(i+1, d)), []byte(file), 0o644))
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l := library(t, project)
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := int(after.HeapAlloc - before.HeapAlloc)
	if l.Len() != n || used/n > 400 {
		t.Errorf("%d bytes for each of %d stories", used/n, l.Len())
	}
	t.Logf("%d bytes for each of %d stories", used/n, n)
}

// A sync looks at every story: at those that nobody edited, and at those that
// were edited and sent.
func BenchmarkChanged10k(b *testing.B) {
	for _, edited := range []bool{false, true} {
		b.Run(fmt.Sprint(edited), func(b *testing.B) {
			project := b.TempDir()
			fill(b, project, bulk(10_000, 20))
			l, err := Open(context.Background(), project, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			for id, path := range l.Known(github, "acme/web") {
				if name := filepath.Join(project, filepath.FromSlash(path)); edited && id != "" {
					data, err := os.ReadFile(name)
					if err == nil {
						err = os.WriteFile(name, append(data, '\n'), 0o600)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			for b.Loop() {
				for s, err := range l.Changed(context.Background(), github, "acme/web") {
					b.Fatal(s.Path, err)
				}
			}
		})
	}
}
