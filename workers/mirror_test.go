package workers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mirror becomes what its remote is: what is gone there is gone here.
func TestUpdateMirror(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		before func(t *testing.T, dir string)
		want   string // "" or why it is kept
	}{
		"mirror": {func(*testing.T, string) {}, ""},
		"mirror with what we marked as empty": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "branch.main.remote", "origin")
			git(t, dir, "config", "branch.main.merge", "refs/heads/main")
			git(t, dir, "config", "gc.auto", "0")
		}, ""},
		"mirror that somebody configured": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "core.sshCommand", "touch "+dir+"/ran")
		}, "configuration is not that of a new mirror"},
		"mirror with an include": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "include.path", "/dev/null")
		}, "configuration is not that of a new mirror"},
		"bare": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "--unset", "remote.origin.mirror")
		}, "bare and not a mirror"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotes := t.TempDir()
			remote, commit := upstream(t, remotes, "acme/web.git")
			commit("gone", "a", "a")
			url := serve(t, remotes, nil)
			c := of(t, url+"/acme/web")
			c.Mirror, c.Update = true, true
			r := newRun(t, c)
			counts(t, r.must(t), 1, 0, 0)
			dir := r.path("repositories/acme/web")
			tc.before(t, dir)
			commit("main", "b", "b")
			git(t, remote, "branch", "-q", "-D", "gone")
			s := newRunIn(t, r.project, c).must(t)
			if tc.want != "" {
				if s.Kept != 1 || !strings.Contains(s.KeptItems()[0].Why, tc.want) {
					t.Errorf("%+v %+v", s.KeptItems(), s.Failures())
				}
				return
			}
			if s.Updated != 1 || s.Done != 1 {
				t.Fatalf("%+v %+v", s.KeptItems(), s.Failures())
			}
			if got, want := git(t, dir, "for-each-ref"), git(t, remote, "for-each-ref"); got != want {
				t.Errorf("%s\nwant\n%s", got, want)
			}
			if s := newRunIn(t, r.project, c).must(t); s.Skipped != 1 || s.Kept != 0 {
				t.Errorf("again: %+v", s)
			}
		})
	}
}

// A clone with a work tree is no mirror, and a mirror has none: neither counts as
// what was asked for.
func TestMirrorOrTree(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		mirror, update bool
		kept           int
	}{{true, false, 1}, {true, true, 1}, {false, false, 1}, {false, true, 0}} {
		remotes := t.TempDir()
		upstream(t, remotes, "acme/web.git")
		c := of(t, serve(t, remotes, nil)+"/acme/web")
		c.Mirror = !tc.mirror
		r := newRun(t, c)
		counts(t, r.must(t), 1, 0, 0)
		c.Mirror, c.Update = tc.mirror, tc.update
		s := newRunIn(t, r.project, c).must(t)
		if s.Done != 1 || s.Kept != tc.kept || s.Skipped != 1 {
			t.Errorf("%+v: %+v %+v", tc, s.KeptItems(), s.Failures())
		}
	}
}

// A clone of what was empty is updated when there is something.
func TestUpdateEmpty(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	full, _ := upstream(t, remotes, "acme/full.git")
	empty := filepath.Join(remotes, "acme/empty.git")
	git(t, "", "init", "-q", "--bare", "-b", "main", empty)
	url := serve(t, remotes, nil)
	for _, mirror := range []bool{false, true} {
		git(t, empty, "update-ref", "-d", "refs/heads/main")
		c := of(t, url+"/acme/empty")
		c.Mirror, c.Update = mirror, true
		r := newRun(t, c)
		counts(t, r.must(t), 1, 0, 0)
		if s := newRunIn(t, r.project, c).must(t); s.Skipped != 1 || s.Kept != 0 {
			t.Errorf("mirror %v, still empty: %+v %+v", mirror, s.KeptItems(), s.Failures())
		}
		git(t, full, "push", "-q", empty, "main")
		if s := newRunIn(t, r.project, c).must(t); s.Updated != 1 {
			t.Errorf("mirror %v: %+v %+v", mirror, s.KeptItems(), s.Failures())
		}
		git(t, r.path("repositories/acme/empty"), "rev-parse", "--verify", "main")
	}
}

// A rewritten branch of the remote is no fast-forward.
func TestUpdateRewritten(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{0, 1} {
		remotes := t.TempDir()
		remote, commit := upstream(t, remotes, "acme/web.git")
		c := of(t, serve(t, remotes, nil)+"/acme/web")
		c.Depth, c.Update = depth, true
		r := newRun(t, c)
		counts(t, r.must(t), 1, 0, 0)
		was := git(t, r.path("repositories/acme/web"), "rev-parse", "HEAD")
		git(t, remote, "update-ref", "refs/heads/main", "main~1")
		commit("other", "x", "x")
		s := newRunIn(t, r.project, c).must(t)
		if depth == 0 && s.Updated != 1 { // the branch is ahead of its upstream now, and another is new
			t.Errorf("%+v %+v", s.KeptItems(), s.Failures())
		}
		if now := git(t, r.path("repositories/acme/web"), "rev-parse", "HEAD"); now != was {
			t.Errorf("depth %d: %s, was %s", depth, now, was)
		}
	}
}

// A fetch that fails is a failure of its class, and leaves the clone as it was.
func TestUpdateFails(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	remote, _ := upstream(t, remotes, "acme/web.git")
	c := of(t, serve(t, remotes, nil)+"/acme/web")
	c.Update = true
	r := newRun(t, c)
	counts(t, r.must(t), 1, 0, 0)
	if err := os.Rename(remote, remote+".away"); err != nil {
		t.Fatal(err)
	}
	was := workTree(t, r.path("repositories/acme/web"))
	s := newRunIn(t, r.project, c).must(t)
	counts(t, s, 0, 0, 1)
	if f := s.Failures()[0]; f.Class != ClassNotFound {
		t.Errorf("%+v", f)
	}
	if now := workTree(t, r.path("repositories/acme/web")); now != was {
		t.Errorf("touched:\n%s\nwas\n%s", now, was)
	}
}

// A plan says what would be updated.
func TestPlanUpdate(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	c := of(t, remotes+"/acme/web.git")
	c.Update = true
	r := newRun(t, c)
	counts(t, r.must(t), 1, 0, 0)
	g, err := FindGit(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Plan(t.Context(), r.project, c, g, r.opts.Environ)
	if err != nil || plan[0].Action != ActionUpdate {
		t.Errorf("%+v %v", plan, err)
	}
}
