package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestBulk clones an organisation from the Gitea that listertest/with-gitea
// runs, and compares what came with what that one has on disk.
func TestBulk(t *testing.T) {
	source := os.Getenv("RIG_REPOSITORIES")
	if source == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	project := t.TempDir()
	env := append(os.Environ(), "HOME="+t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "SPECWEAVE_NO_SERVICE=1")
	run := func(env []string, args ...string) (string, int) {
		c := exec.CommandContext(t.Context(), "specweave", append(args, "-C", project)...)
		c.Env = env
		out, err := c.CombinedOutput()
		if err != nil && c.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), c.ProcessState.ExitCode()
	}
	clone := []string{"clone", "gitea:acme", "--archived", "--forks", "--foreground", "-j", "8"}

	out, code := run(env, clone...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	held, err := filepath.Glob(filepath.Join(source, "acme", "*.git"))
	if err != nil || len(held) == 0 {
		t.Fatalf("%v, %v", held, err)
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	for _, bare := range held {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			name := strings.TrimSuffix(filepath.Base(bare), ".git")
			if err := same(env, bare, filepath.Join(project, "repositories", "acme", name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
	cloned, err := os.ReadDir(filepath.Join(project, "repositories", "acme"))
	if err != nil || len(cloned) != len(held) {
		t.Errorf("%d clones of %d repositories, %v", len(cloned), len(held), err)
	}

	// Once more there is nothing to do but to list. A busy machine gets three tries.
	took := time.Minute
	for i := 0; i < 3 && took > 2*time.Second; i++ {
		before := len(requests(t))
		start := time.Now()
		out, code = run(env, clone...)
		took = time.Since(start)
		if code != 0 || !strings.Contains(out, fmt.Sprintf("%d there already", len(held))) {
			t.Errorf("again: exit code %d\n%s", code, out)
		}
		asked := requests(t)[before:]
		if pages := (len(held) + 49) / 50; len(asked) != pages {
			t.Errorf("again: %d requests for %d pages", len(asked), pages)
		}
		for _, line := range asked {
			if !strings.Contains(line, `"GET /api/v1/orgs/acme/repos?`) {
				t.Errorf("again: %s", line)
			}
		}
	}
	if took > 2*time.Second {
		t.Errorf("again: took %v", took)
	}

	for _, test := range []struct {
		owner, token, says string
		code               int
	}{
		{"acme", "RIG_STRANGER_TOKEN", "that it does not show", 0},
		{"acme", "RIG_NARROW_TOKEN", "read:organization", exitAuth},
		{"acme", "RIG_REVOKED_TOKEN", "revoked", exitAuth},
		{"nobody", "GITEA_TOKEN", "nobody", exitNotFound},
		{"void", "GITEA_TOKEN", "has no repositories", exitError},
	} {
		out, code := run(append(env, "GITEA_TOKEN="+os.Getenv(test.token)), "clone", "gitea:"+test.owner, "--dry-run")
		if code != test.code || !strings.Contains(out, test.says) {
			t.Errorf("%s with %s: exit code %d, want %d and %q\n%s", test.owner, test.token, code, test.code, test.says, out)
		}
	}
}

// same compares a clone with the bare repository that it was made from.
func same(env []string, bare, clone string) error {
	git := func(args ...string) (string, error) {
		c := exec.Command("git", args...)
		c.Env = env
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil && stderr.Len() > 0 {
			return "", fmt.Errorf("git %s: %w: %s", args[0], err, stderr.String())
		}
		return string(out), nil // "git ls-remote" of an empty one fails in silence
	}
	want, err := git("ls-remote", "--heads", "--tags", bare)
	if err != nil {
		return err
	}
	got, err := git("-C", clone, "for-each-ref", "--format=%(objectname)%09%(refname)", "refs/remotes/origin", "refs/tags")
	if err != nil {
		return err
	}
	var heads strings.Builder
	for line := range strings.Lines(got) {
		if !strings.HasSuffix(line, "/HEAD\n") {
			heads.WriteString(strings.Replace(line, "refs/remotes/origin/", "refs/heads/", 1))
		}
	}
	if heads.String() != want {
		return fmt.Errorf("has %q, want %q", heads.String(), want)
	}
	if want == "" {
		return nil
	}
	if _, err := git("-C", clone, "fsck", "--full", "--strict"); err != nil {
		return err
	}
	status, err := git("-C", clone, "status", "--porcelain")
	if err == nil && status != "" {
		err = fmt.Errorf("the work tree differs: %s", status)
	}
	return err
}

// requests returns the lines that the server wrote, one a request but for those
// made here: it writes them a moment after the answer, so one more is made and
// waited for.
func requests(t *testing.T) []string {
	t.Helper()
	mark := fmt.Sprintf("/api/v1/version?mark=%d ", time.Now().UnixNano())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, os.Getenv("GITEA_URL")+strings.TrimSpace(mark), nil)
	check(t, err)
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	check(t, response.Body.Close())
	for {
		data, err := os.ReadFile(os.Getenv("RIG_ACCESS_LOG"))
		check(t, err)
		if bytes.Contains(data, []byte(mark)) {
			return slices.DeleteFunc(strings.Split(strings.TrimSpace(string(data)), "\n"), func(line string) bool {
				return strings.Contains(line, "?mark=")
			})
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
