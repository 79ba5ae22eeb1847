package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
)

// workspaceIDs returns the ids of the list in a project's config.json.
func workspaceIDs(tb testing.TB, project string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(project, ".specweave", "config.json"))
	if err != nil {
		return err.Error()
	}
	type entry struct {
		ID string `json:"id"`
	}
	var c struct {
		Workspace struct {
			Repos []entry `json:"repos"`
		} `json:"workspace"`
		Umbrella struct {
			ChildRepos []entry `json:"childRepos"`
		} `json:"umbrella"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		tb.Errorf("%v: %s", err, data)
	}
	var ids []string
	for _, e := range append(c.Workspace.Repos, c.Umbrella.ChildRepos...) {
		ids = append(ids, e.ID)
	}
	return strings.Join(ids, " ")
}

// A job enters what succeeded, in the attempt that it succeeded in, also where
// another attempt is to follow.
func TestCloneRegisters(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	for _, name := range []string{"a/web.git", "a/api.git", "b/web.git"} {
		bareRepo(t, remotes, name)
	}
	reached := make(chan struct{}, 1)
	var stop atomic.Bool
	stop.Store(true)
	url := serve(t, remotes, func(_ http.ResponseWriter, r *http.Request) bool {
		if stop.Load() && strings.HasPrefix(r.URL.Path, "/b/") {
			reached <- struct{}{}
			<-r.Context().Done()
			return true
		}
		return false
	})
	c := of(t, url+"/a/web", url+"/a/gone", url+"/a/api", url+"/b/web")
	c.Concurrency = 1
	r := newRun(t, c)
	write(t, r.path("repositories/a/api/.git"), "") // taken: this one fails
	write(t, r.path(".specweave/config.json"), `{"workspace": {"name": "x", "repos": []}}`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reached
		cancel()
	}()
	if s, err := r.work(ctx, t); !errors.Is(err, context.Canceled) || s.Done != 1 || s.Failed != 2 {
		t.Errorf("%v: %+v", err, s)
	}
	if ids := workspaceIDs(t, r.project); ids != "a-web" {
		t.Errorf("after the first attempt: %s", ids)
	}
	stop.Store(false)
	if err := os.RemoveAll(r.path("repositories/a/api")); err != nil {
		t.Fatal(err)
	}
	r.must(t)
	if ids := workspaceIDs(t, r.project); ids != "a-web api b-web" {
		t.Errorf("after the second: %s", ids)
	}
	// Another job, for what is there and gone: nothing is written.
	before, err := os.Stat(r.path(".specweave/config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(r.path("repositories/b/web")); err != nil {
		t.Fatal(err)
	}
	r.must(t)
	if after, err := os.Stat(r.path(".specweave/config.json")); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was written again: %v", err)
	}
	write(t, r.path(".specweave/config.json"), "{}")
	r.must(t)
	if ids := workspaceIDs(t, r.project); ids != "a-web api" {
		t.Errorf("anew, without what is gone: %s", ids)
	}

	c = of(t, url+"/a/web")
	c.Mirror = true
	r = newRun(t, c)
	r.must(t)
	if _, err := os.Stat(r.path(".specweave/config.json")); err == nil {
		t.Error("a mirror is in the workspace")
	}
}

// Where the folder for repositories is a link, they are known by their path in it.
func TestCloneRegistersBehindALink(t *testing.T) {
	t.Parallel()
	r := newRun(t, of(t, bareRepo(t, t.TempDir(), "acme/web.git")))
	if err := errors.Join(os.Mkdir(r.path("big"), 0o700), os.Symlink(r.path("big"), r.path("repositories"))); err != nil {
		t.Fatal(err)
	}
	r.must(t)
	if ids := workspaceIDs(t, r.project); ids != "web" {
		t.Error(ids)
	}
}

// project makes a project with a config.json, nothing for none.
func project(t *testing.T, config string) workspace {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".specweave/state/x"), "")
	if config != "" {
		write(t, filepath.Join(dir, ".specweave/config.json"), config)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return workspace{root: root, dir: dir}
}

// Jobs that end together, and a SpecWeave that writes beside them, lose
// nothing of one another's.
func TestRegisterTogether(t *testing.T) {
	t.Parallel()
	ws := project(t, `{"workspace": {"repos": []}, "n": 0}`)
	const writers, rounds = 8, 10
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range rounds {
				r := repository(fmt.Sprint("owner", i), fmt.Sprint("repo", j))
				if n, err := ws.register(t.Context(), []Repository{r}, noon); n != 1 || err != nil {
					t.Errorf("%d, %v", n, err)
				}
			}
		})
	}
	all.Wait()
	if ids := strings.Fields(workspaceIDs(t, ws.dir)); len(ids) != writers*rounds {
		t.Errorf("%d entries: %s", len(ids), ids)
	}
}

// What another wrote between our look and our writing is not lost.
func TestRegisterSeesOthers(t *testing.T) {
	t.Parallel()
	ws := project(t, `{"workspace": {"repos": []}}`)
	file := filepath.Join(ws.dir, ".specweave/config.json")
	first := true
	ws.looked = func() {
		if first {
			first = false
			write(t, file, `{"workspace": {"repos": [{"id": "theirs", "path": "theirs"}]}}`)
		}
	}
	if n, err := ws.register(t.Context(), []Repository{repository("acme", "web")}, noon); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if ids := workspaceIDs(t, ws.dir); ids != "theirs web" {
		t.Error(ids)
	}
}

func TestRegisterKeepsTheMode(t *testing.T) {
	t.Parallel()
	ws := project(t, "{}")
	file := filepath.Join(ws.dir, ".specweave/config.json")
	there := []Repository{repository("acme", "web")}
	for _, tc := range []struct {
		mode os.FileMode
		n    int
	}{{0o444, 0}, {0o664, 1}} {
		if err := os.Chmod(file, tc.mode); err != nil {
			t.Fatal(err)
		}
		n, err := ws.register(t.Context(), there, noon)
		if info, e := os.Stat(file); n != tc.n || (err == nil) != (n == 1) || e != nil || info.Mode().Perm() != tc.mode {
			t.Errorf("%o: %d, %v: %v", tc.mode, n, err, info.Mode())
		}
	}
}

func TestRegisterPlaces(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "config.json")
	write(t, outside, "{}")
	there := []Repository{repository("acme", "web")}
	for name, tc := range map[string]struct {
		prepare func(ws *workspace, file string) error
		want    string // of the error
	}{
		"none":                    {func(*workspace, string) error { return nil }, ""},
		"home":                    {func(ws *workspace, _ string) error { ws.home = ws.dir; return nil }, "home directory"},
		"link out":                {func(_ *workspace, file string) error { return os.Symlink(outside, file) }, "leaves the project"},
		"link to nothing":         {func(_ *workspace, file string) error { return os.Symlink("nothing", file) }, "link to nothing"},
		"directory":               {func(_ *workspace, file string) error { return os.Mkdir(file, 0o700) }, "not a regular file"},
		"device":                  {func(_ *workspace, file string) error { return os.Symlink("/dev/zero", file) }, "leaves the project"},
		"of another":              {func(_ *workspace, file string) error { return os.WriteFile(file, []byte("secret: x"), 0o600) }, "no JSON object"},
		"lock held":               {holdLock, "locked"},
		"link within":             {linkWithin, ""},
		".specweave is elsewhere": {elsewhere, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws := project(t, "")
			if err := tc.prepare(&ws, filepath.Join(ws.dir, ".specweave/config.json")); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if tc.want == "locked" {
				cancel()
			}
			defer cancel()
			n, err := ws.register(ctx, there, noon)
			switch {
			case tc.want == "" && (n != 1 || err != nil || workspaceIDs(t, ws.dir) != "web"):
				t.Errorf("%d, %v: %s", n, err, workspaceIDs(t, ws.dir))
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret")):
				t.Errorf("%d, %v; want %q", n, err, tc.want)
			}
		})
	}
	if b, err := os.ReadFile(outside); err != nil || string(b) != "{}" {
		t.Errorf("outside: %s, %v", b, err)
	}
}

func holdLock(ws *workspace, _ string) error {
	_, err := platform.TryLock(filepath.Join(ws.dir, configLock))
	return err
}

func linkWithin(ws *workspace, file string) error {
	return errors.Join(os.WriteFile(filepath.Join(ws.dir, "mine.json"), []byte("{}"), 0o600), os.Symlink("../mine.json", file))
}

func elsewhere(ws *workspace, file string) error {
	dir := filepath.Dir(file)
	return errors.Join(os.Rename(dir, ws.dir+"-elsewhere"), os.Symlink(ws.dir+"-elsewhere", dir))
}

func TestTidy(t *testing.T) {
	t.Parallel()
	const specs = ".specweave/docs/internal/specs/"
	for name, tc := range map[string]struct {
		project string // its name
		make    []string
		link    string
		left    string // what must be there still
		removed string
	}{
		"nothing":      {project: "Web", left: "."},
		"empty":        {project: "Web", make: []string{specs + "web/"}, removed: specs + "web"},
		"README":       {project: "Web", make: []string{specs + "web/README.md"}, removed: specs + "web"},
		"a story":      {project: "web", make: []string{specs + "web/us-1.md"}, left: specs + "web/us-1.md"},
		"more":         {project: "web", make: []string{specs + "web/README.md", specs + "web/us-1.md"}, left: specs + "web/README.md"},
		"README dir":   {project: "web", make: []string{specs + "web/README.md/"}, left: specs + "web/README.md"},
		"dots":         {project: "..", make: []string{specs, ".specweave/docs/internal/README.md"}, left: ".specweave/docs/internal/README.md"},
		"a path":       {project: "../../x", make: []string{specs, ".specweave/docs/x/"}, left: ".specweave/docs/x"},
		"no name":      {make: []string{specs}, left: specs},
		"link":         {project: "web", make: []string{"mine/README.md", specs}, link: "mine", left: "mine/README.md"},
		"other's file": {project: "web", make: []string{specs + "api/README.md"}, left: specs + "api/README.md"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws := project(t, fmt.Sprintf(`{"project": {"name": %q}}`, tc.project))
			for _, p := range tc.make {
				p = ws.dir + "/" + p
				if strings.HasSuffix(p, ".md") {
					write(t, p, "")
				} else if err := os.MkdirAll(p, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if tc.link != "" {
				if err := os.Symlink("../../../../"+tc.link, filepath.Join(ws.dir, specs, tc.project)); err != nil {
					t.Fatal(err)
				}
			}
			if got := ws.tidy(); got != tc.removed {
				t.Errorf("removed %q, want %q", got, tc.removed)
			}
			if _, err := os.Lstat(filepath.Join(ws.dir, tc.left)); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(filepath.Join(ws.dir, tc.removed)); tc.removed != "" && err == nil {
				t.Error("it is there still")
			}
		})
	}
}

// What is wrong with the file does not fail the job, and is in its log.
func TestCloneLogsWhatItCannotRegister(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	r := newRun(t, of(t, remotes+"/acme/web.git"))
	write(t, r.path(".specweave/config.json"), `{"workspace": `)
	var log strings.Builder
	s, err := jobs.Attempt{
		Store: r.store, Workers: map[jobs.Type]jobs.Worker{jobs.CloneRepos: NewClone(r.opts)}, Log: jobs.NewLog(&log),
	}.Run(t.Context(), r.job.ID)
	if err != nil || s.Status != jobs.Completed {
		t.Errorf("%v: %+v", err, s)
	}
	if want := ".specweave/config.json is left as it is: it is no JSON object: unexpected end of JSON input at offset 14"; !strings.Contains(log.String(), want) {
		t.Errorf("%s\nwant %q", log.String(), want)
	}
	if b, err := os.ReadFile(r.path(".specweave/config.json")); err != nil || string(b) != `{"workspace": ` {
		t.Errorf("%s, %v", b, err)
	}
}
