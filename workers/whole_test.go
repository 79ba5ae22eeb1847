package workers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// strange makes a remote with tags but no branch, or one whose HEAD leads
// nowhere, or an empty one.
func strange(t *testing.T, kind string) string {
	t.Helper()
	if kind == "empty" {
		dir := filepath.Join(t.TempDir(), "acme/empty.git")
		git(t, "", "init", "-q", "--bare", "-b", "trunk", dir)
		return dir
	}
	dir := bareRepo(t, t.TempDir(), "acme/"+kind+".git")
	switch kind {
	case "tags":
		git(t, dir, "tag", "v1")
		git(t, dir, "update-ref", "-d", "refs/heads/main")
	case "headless":
		git(t, dir, "symbolic-ref", "HEAD", "refs/heads/gone")
	}
	return dir
}

// loseTree removes the tree of HEAD.
func loseTree(t *testing.T, dir string) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
	if err != nil {
		t.Fatal(err)
	}
	tree := git(t, dir, "rev-parse", "HEAD^{tree}")
	for _, p := range packs { // git unpacks only what it does not have
		moved := filepath.Join(t.TempDir(), "pack")
		if err := errors.Join(os.Rename(p, moved), os.Remove(strings.TrimSuffix(p, "pack")+"idx")); err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), "git", "-C", dir, "unpack-objects", "-q")
		if c.Stdin, err = os.Open(moved); err == nil {
			err = c.Run()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, ".git/objects", tree[:2], tree[2:])); err != nil {
		t.Fatal(err)
	}
}

// What a clone has made is found whole, by the job itself after a crash and by
// the next one.
func TestCloneFindsItsOwn(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"tags", "headless", "empty", "plain"} {
		for _, c := range []CloneConfig{{}, {Mirror: true}, {Filter: "blob:none"}, {Depth: 1}} {
			t.Run(fmt.Sprint(kind, c.Mirror, c.Filter, c.Depth), func(t *testing.T) {
				t.Parallel()
				c.Repositories = of(t, strange(t, kind)).Repositories
				r := newRun(t, c)
				counts(t, r.must(t), 1, 0, 0)
				dir := r.path(filepath.FromSlash(c.Repositories[0].Path))
				was := listing(t, dir)
				r = newRunIn(t, r.project, c)
				counts(t, r.must(t), 0, 1, 0)
				if now := listing(t, dir); now != was {
					t.Errorf("touched:\n%s\nwas\n%s", now, was)
				}
				git(t, dir, "fsck", "--connectivity-only")
			})
		}
	}
}
