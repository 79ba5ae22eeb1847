package workers

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConflicts(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for name, c := range map[string]CloneConfig{
		"mirror, submodules":    {Mirror: true, Submodules: true},
		"mirror, single-branch": {Mirror: true, SingleBranch: true},
		"mirror, lfs":           {Mirror: true, LFS: &yes},
		"filter, reference":     {Filter: "blob:none", Reference: "/r"},
		"submodules, reference": {Submodules: true, Reference: "/r"},
		"reference: not an":     {Reference: "r"},
		"reference: not":        {Reference: "/r\n/s"},
	} {
		c.Repositories = of(t, "acme/web").Repositories
		var bad *InputError
		if err := c.Check(); !errors.As(err, &bad) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []CloneConfig{
		{Mirror: true, LFS: &no, Depth: 1, Update: true, Reference: "/r"},
		{Submodules: true, SingleBranch: true, LFS: &yes, Depth: 1, Filter: "tree:0", Update: true},
	} {
		c.Repositories = of(t, "acme/web").Repositories
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://h.example/a/b": "https:ssh", "git@h.example:a/b": "https:ssh", "ssh://h.example/a/b": "https:ssh",
		"http://h.example/a/b": "https:ssh:http", "git://h.example/a/b": "https:ssh:git",
		"file:///a/b": "https:ssh:http:git:file", "/a/b": "https:ssh:http:git:file",
	} {
		if got := protocols(url); got != want {
			t.Errorf("%s: %s", url, got)
		}
	}
}

// super makes a repository below dir with submodules: one with a relative URL
// that has one of its own.
func super(t *testing.T, dir string) {
	t.Helper()
	bareRepo(t, dir, "acme/leaf.git")
	for _, m := range [][2]string{{"middle", "leaf"}, {"web", "middle"}} {
		remote := bareRepo(t, dir, "acme/"+m[0]+".git")
		withModule(t, remote, "../"+m[1]+".git", filepath.Join(dir, "acme", m[1]+".git"))
	}
}

// withModule commits a submodule with that URL to a bare repository; from is
// where it really is.
func withModule(t *testing.T, remote, url, from string) {
	t.Helper()
	src := filepath.Join(t.TempDir(), "src")
	git(t, "", "clone", "-q", remote, src)
	git(t, src, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "sub")
	git(t, src, "config", "-f", ".gitmodules", "submodule.sub.url", url)
	git(t, src, "add", ".")
	git(t, src, "commit", "-qm", "sub")
	git(t, src, "push", "-q", "origin", "main")
}

func TestSubmodules(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{0, 1} {
		remotes := t.TempDir()
		super(t, remotes)
		c := of(t, serve(t, remotes, nil)+"/acme/web")
		c.Submodules, c.Depth, c.Update = true, depth, true
		r := newRun(t, c)
		counts(t, r.must(t), 1, 0, 0)
		dir := r.path("repositories/acme/web")
		if _, err := os.Stat(filepath.Join(dir, "sub/sub/file")); err != nil {
			t.Error(err)
		}
		if n := git(t, filepath.Join(dir, "sub/sub"), "rev-list", "--count", "HEAD"); (n == "1") != (depth == 1) {
			t.Errorf("depth %d: %s commits", depth, n)
		}
		if out := git(t, dir, "status", "--porcelain"); out != "" {
			t.Error(out)
		}

		// A submodule moves with its superproject, and not if it holds something.
		move := func(file string) {
			src := filepath.Join(t.TempDir(), "src")
			git(t, "", "clone", "-q", filepath.Join(remotes, "acme/web.git"), src)
			git(t, src, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
			write(t, filepath.Join(src, "sub", file), "new")
			git(t, filepath.Join(src, "sub"), "add", ".")
			git(t, filepath.Join(src, "sub"), "commit", "-qm", "new")
			git(t, filepath.Join(src, "sub"), "push", "-q", filepath.Join(remotes, "acme/middle.git"), "HEAD:main")
			git(t, src, "commit", "-qam", "move")
			git(t, src, "push", "-q", "origin", "main")
		}
		move("one")
		if s := newRunIn(t, r.project, c).must(t); s.Updated != 1 {
			t.Errorf("%+v %+v", s.KeptItems(), s.Failures())
		}
		if _, err := os.Stat(filepath.Join(dir, "sub/one")); err != nil {
			t.Error(err)
		}
		write(t, filepath.Join(dir, "sub/file"), "mine")
		move("two")
		if s := newRunIn(t, r.project, c).must(t); s.Kept != 1 {
			t.Errorf("%+v %+v", s, s.Failures())
		}
	}
}

// A repository cannot have its submodules taken from this machine or by a way
// that runs something, and none of them leaves the clone or runs a hook.
func TestHostileSubmodules(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ url, extra string }{
		"file":     {"file://%s/secret/plans.git", ""},
		"path":     {"%s/secret/plans.git", ""},
		"relative": {"../../../../../../../../../../..%s/secret/plans.git", ""},
		"ext":      {"ext::sh -c touch% %s/ran", ""},
		"dash":     {"-u./ran", ""},
		"update":   {"../leaf.git", "update = !touch %s/ran"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotes, away := t.TempDir(), t.TempDir()
			bareRepo(t, away, "secret/plans.git")
			leaf := bareRepo(t, remotes, "acme/leaf.git")
			remote := bareRepo(t, remotes, "acme/web.git")
			fill := func(s string) string { return strings.ReplaceAll(s, "%s", away) }
			withModule(t, remote, fill(tc.url), leaf)
			if tc.extra != "" {
				src := filepath.Join(t.TempDir(), "src")
				git(t, "", "clone", "-q", remote, src)
				data, err := os.ReadFile(filepath.Join(src, ".gitmodules"))
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(src, ".gitmodules"), string(data)+"\t"+fill(tc.extra)+"\n")
				git(t, src, "commit", "-qam", "x")
				git(t, src, "push", "-q", "origin", "main")
			}
			c := of(t, serve(t, remotes, nil)+"/acme/web")
			c.Submodules, c.Tries = true, 1
			r := newRun(t, c)
			s := r.must(t)
			counts(t, s, 0, 0, 1)
			if f := grep(t, r.project, strings.Repeat("x", 2000)); len(f) > 0 {
				t.Errorf("taken: %v", f)
			}
			if _, err := os.Stat(filepath.Join(away, "ran")); !errors.Is(err, os.ErrNotExist) {
				t.Error("something ran")
			}
			noPartials(t, r.project)
		})
	}
}

// What a reference has is not fetched, and the clone does not need it any more.
func TestReference(t *testing.T) {
	t.Parallel()
	remotes, lent := t.TempDir(), t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	url := serve(t, remotes, nil)
	git(t, "", "clone", "-q", "--mirror", url+"/acme/web.git", filepath.Join(lent, "acme/web.git"))
	shallow := t.TempDir()
	git(t, "", "clone", "-q", "--depth", "1", url+"/acme/web.git", filepath.Join(shallow, "acme/web"))
	for name, dir := range map[string]string{
		"folder": lent, "repository": filepath.Join(lent, "acme/web.git"), "nothing": t.TempDir(), "shallow": shallow,
	} {
		c := of(t, url+"/acme/web")
		c.Reference = dir
		r := newRun(t, c)
		s := r.must(t)
		counts(t, s, 1, 0, 0)
		clone := r.path("repositories/acme/web")
		if found := grep(t, filepath.Join(clone, ".git"), lent); len(found) > 0 {
			t.Errorf("%s: borrowed: %v", name, found)
		}
		if _, err := os.Stat(filepath.Join(clone, ".git/objects/info/alternates")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: alternates: %v", name, err)
		}
		git(t, clone, "fsck", "--full")
	}
	c := of(t, url+"/acme/web")
	if c.lender(c.Repositories[0]) != "" {
		t.Error("a lender that nobody named")
	}
	c.Reference = lent
	if got := c.lender(c.Repositories[0]); got != filepath.Join(lent, "acme/web.git") {
		t.Error(got)
	}
}

func TestSingleBranch(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	_, commit := upstream(t, remotes, "acme/web.git")
	commit("other", "a", "a")
	c := of(t, serve(t, remotes, nil)+"/acme/web")
	c.SingleBranch = true
	r := newRun(t, c)
	counts(t, r.must(t), 1, 0, 0)
	if refs := git(t, r.path("repositories/acme/web"), "for-each-ref", "--format=%(refname)", "refs/remotes"); strings.Contains(refs, "other") {
		t.Error(refs)
	}
}

// A stand-in for git-lfs shows whether git was told to use it.
func TestLFS(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	bin := t.TempDir()
	write(t, filepath.Join(bin, "git-lfs"), "#!/bin/sh\ncase $1 in version) echo git-lfs/3.0 ;; filter-process) exit 1 ;; smudge) test \"$GIT_LFS_SKIP_SMUDGE\" || echo large ;; clean) cat ;; esac\n")
	if err := os.Chmod(filepath.Join(bin, "git-lfs"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := of(t, "acme/web")
	g, err := FindGit(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		lfs  *bool
		path string
		ok   bool
	}{{nil, "/nowhere", true}, {&no, "/nowhere", true}, {&yes, "/nowhere", false}, {&yes, bin, true}} {
		c.LFS = tc.lfs
		var bad *InputError
		err := c.CheckHere(t.Context(), g, []string{"PATH=" + tc.path, "HOME=" + bin})
		if (err == nil) != tc.ok || err != nil && (!errors.As(err, &bad) || !strings.Contains(err.Error(), "git-lfs is not installed")) {
			t.Errorf("%v in %s: %v", tc.lfs, tc.path, err)
		}
	}
}
