package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// issueServer serves n issues of acme/web as Gitea does, each page after a
// delay. It asks for an hour's rest once, when limited is true.
type issueServer struct {
	*httptest.Server
	limited atomic.Bool
}

func serveIssues(t *testing.T, n int, delay time.Duration) *issueServer {
	t.Helper()
	g := &giteaServer{token: "none", held: fakeIssues(n, time.Now().Truncate(time.Second))}
	slices.Reverse(g.held)
	s := &issueServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(delay)
		if s.limited.CompareAndSwap(true, false) {
			w.Header().Set("Retry-After", "3600")
			say(w, http.StatusTooManyRequests, "slow down")
			return
		}
		g.ServeHTTP(w, r)
	}))
	g.url = s.URL
	t.Cleanup(s.Close)
	return s
}

// importing is a source that is imported into one project after the other.
type importing struct {
	*site
	source  string
	items   int
	flags   string
	secrets string            // of each project's .env
	want    map[string]string // the stories, see stories
	limited *atomic.Bool      // its server asks for an hour's rest once
}

// exporting is s where all lines of shell have variables.
func (s *site) exporting(variables string) *site {
	with := *s
	with.user = func(t *testing.T, line string) string {
		t.Helper()
		return s.user(t, "export "+variables+"\n"+line)
	}
	return &with
}

// start starts an import in a new project.
func (i *importing) start(t *testing.T, project, where string) *ordeal {
	t.Helper()
	o := &ordeal{site: i.site, dir: filepath.Join(i.home, project)}
	check(t, os.MkdirAll(filepath.Join(o.dir, ".specweave"), 0o700))
	check(t, os.WriteFile(filepath.Join(o.dir, ".env"), []byte(i.secrets), 0o600))
	o.again(t, i, where)
	t.Cleanup(func() {
		if t.Failed() && project != "calm" {
			log, _ := o.read(o.file("worker.log"))
			t.Logf("%s:\n%s", project, log)
		}
	})
	return o
}

// again imports into o's project once more, by a job of its own.
func (o *ordeal) again(t *testing.T, i *importing, where string) {
	t.Helper()
	o.id = i.user(t, fmt.Sprintf("specweave import %s --since all %s -C %s %s", i.source, i.flags, o.dir, where))
}

// stories are those of a project, without the times of their import.
func (o *ordeal) stories(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	root := filepath.Join(o.dir, ".specweave", "docs", "internal", "specs")
	check(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			var data []byte
			data, err = os.ReadFile(path)
			files[strings.TrimPrefix(path, root)] = timeLine.ReplaceAllString(string(data), "")
		}
		return err
	}))
	return files
}

// equals makes sure that o's job is well over and left what an undisturbed one
// does.
func (i *importing) equals(t *testing.T, o *ordeal) {
	t.Helper()
	got := o.stories(t)
	if st := o.state(t); st.Status != jobs.Completed || st.Done != i.items || st.Total != i.items || len(got) != len(i.want) {
		t.Errorf("%s: %s, %d of %d done, %d files", o.dir, st.Status, st.Done, st.Total, len(got))
	}
	for name, text := range i.want {
		if got[name] != text {
			t.Fatalf("%s: %s:\n%s\nwant:\n%s", o.dir, name, got[name], text)
		}
	}
}

// rests reports whether a job is paused for long.
func rests(st jobs.State) bool {
	return st.Status == jobs.Paused && (st.ResumeAfter.IsZero() || st.ResumeAfter.After(time.Now().Add(time.Minute)))
}

// goOn has a job go on whose worker is gone.
func (i *importing) goOn(t *testing.T, o *ordeal) {
	t.Helper()
	switch st := o.state(t); {
	case rests(st) && st.ResumeAfter.IsZero():
		t.Fatalf("%s waits for a person: %s", o.dir, st.Error)
	case rests(st):
		i.user(t, fmt.Sprintf("specweave jobs resume %s -C %s", o.id, o.dir))
	default:
		i.user(t, "specweave jobs reconcile -C "+o.dir)
	}
}

// gone waits until a worker has ended; the scheduler may have begun another.
func (o *ordeal) gone(t *testing.T, pid int) {
	t.Helper()
	await(t, "the worker is gone", func() bool {
		held, err := jobs.Open(o.dir).Running(o.id)
		return err == nil && !held || o.state(t).Proc.PID != pid
	})
}

// ordeal kills workers at random moments, and compares what they leave.
func (i *importing) ordeal(t *testing.T) {
	t.Helper()
	random := chance(t)
	calm := i.start(t, "calm", "--foreground")
	if i.want = calm.stories(t); len(i.want) != i.items+1 {
		t.Fatalf("%d files", len(i.want))
	}
	i.equals(t, calm)
	o, killed, last := i.start(t, "killed0", "--background"), 0, 0
	for killed < rounds(t) {
		works := func(st jobs.State) bool { // a third attempt without a page would be the last
			return st.Status == jobs.Running && st.Proc.PID != last && st.Fruitless <= 1
		}
		await(t, "a worker gets somewhere", func() bool {
			st := o.state(t)
			return st.Status.Terminal() || rests(st) || works(st)
		})
		moment(random, 100*time.Millisecond)
		st := o.state(t)
		if works(st) {
			worker, err := os.FindProcess(st.Proc.PID)
			check(t, err)
			if last = st.Proc.PID; worker.Kill() == nil { // it may just have ended
				killed++
			}
			if killed == max(1, rounds(t)/4) {
				i.limited.Store(true)
			}
		}
		o.gone(t, st.Proc.PID)
		if o.over(t) {
			i.equals(t, o)
			o = i.start(t, fmt.Sprint("killed", killed), "--background")
			continue
		}
		i.goOn(t, o)
	}
	for !o.over(t) {
		o.gone(t, o.state(t).Proc.PID)
		if !o.over(t) {
			i.goOn(t, o)
		}
	}
	i.equals(t, o)
	if i.limited.Load() {
		t.Error("nobody was limited")
	}
}

// An import that is killed again and again, and paused by its host once, leaves
// what one does that is left alone.
func TestImportKilledAtRandom(t *testing.T) {
	t.Parallel()
	const issues = 1500
	server := serveIssues(t, issues, 5*time.Millisecond)
	i := importing{site: here(t, 0).exporting("GITEA_URL=" + server.URL), source: "gitea acme/web", items: issues, limited: &server.limited}
	i.ordeal(t)
}
