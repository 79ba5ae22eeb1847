package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// tracker is a [workers.Provider] of items that are made when they are asked
// for. Its cursor is the number of the first item of a page.
type tracker struct {
	n, size int
	counts  int                                                          // 0: n
	page    func(from int, p workers.ItemPage) (workers.ItemPage, error) // changes a page; may be nil
	asked   int
	queries []workers.ItemQuery
	logf    func(string, ...any) // of whoever connected
	above   map[string]workers.Item
	single  []string // numbers that were asked for
}

func (t *tracker) Page(_ context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	t.asked++
	t.queries = append(t.queries, q)
	from := 0
	if cursor != "" {
		var err error
		if from, err = strconv.Atoi(cursor); err != nil {
			return workers.ItemPage{}, workers.ErrCursor
		}
	}
	to := min(from+t.size, t.n)
	p := workers.ItemPage{Total: t.n}
	if t.counts != 0 {
		p.Total = t.counts
	}
	for i := from; i < to; i++ {
		p.Items = append(p.Items, item(q.Source, i+1))
	}
	if to < t.n {
		p.Next = strconv.Itoa(to)
	}
	if t.page != nil {
		return t.page(from, p)
	}
	return p, nil
}

func item(source string, n int) workers.Item {
	number := strconv.Itoa(n)
	return workers.Item{
		Platform: "gitea", Source: source, ID: "gitea#" + source + "#" + number, Number: number,
		URL: "https://gitea.test/" + source + "/issues/" + number, Title: "Item " + number,
		Body:   workers.Text{Raw: "Text of **" + number + "**.\n\n- [ ] AC-1: it works\n", Markup: workers.Markdown},
		Status: workers.StatusOpen, Created: epoch, Updated: epoch,
	}
}

// rig is a project with a job.
type rig struct {
	testing.TB
	project  string
	trackers map[string]*tracker // by source
	input    workers.Input
	ref      string
	id       string
}

func newRig(tb testing.TB, config Config, trackers map[string]*tracker) *rig {
	tb.Helper()
	project := tb.TempDir()
	check(tb, os.Mkdir(filepath.Join(project, ".specweave"), 0o700))
	r := &rig{TB: tb, project: project, trackers: trackers}
	r.create(config)
	return r
}

// create makes the job that attempts are for.
func (r *rig) create(config Config) {
	r.Helper()
	job, err := jobs.Open(r.project).Create(jobs.ImportIssues, config)
	check(r.TB, err)
	r.id = job.ID
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func source(name string) Source {
	return Source{Platform: "gitea", Name: name, Server: "https://gitea.test", API: "https://gitea.test/api/v1/"}
}

func sources(names ...string) Config {
	var c Config
	for _, name := range names {
		c.Sources = append(c.Sources, source(name))
	}
	return c
}

// attempt runs the job once.
func (r *rig) attempt(ctx context.Context) jobs.State {
	r.Helper()
	s, err := jobs.Attempt{
		Store: jobs.Open(r.project), Log: jobs.NewLog(testLog{r.TB}),
		Workers: map[jobs.Type]jobs.Worker{jobs.ImportIssues: New(Options{
			Input: r.input,
			Connect: func(_ context.Context, s Source, _ float64, logf func(string, ...any)) (Tracker, error) {
				t := r.trackers[s.Name]
				if t == nil {
					return Tracker{}, errors.New("no such source")
				}
				t.logf = logf
				return Tracker{single{t}, r.ref}, nil
			},
		})},
	}.Run(ctx, r.id)
	check(r.TB, err)
	return s
}

type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}

// report is what the job says at its end.
func (r *rig) report() report {
	r.Helper()
	result, err := jobs.Open(r.project).Result(r.id)
	check(r.TB, err)
	var all report
	check(r.TB, json.Unmarshal(result.More, &all))
	return all
}

// stories are the files of the project's stories by what they say they are.
func (r *rig) stories() map[string]string {
	r.Helper()
	files := make(map[string]string)
	root := filepath.Join(r.project, ".specweave", "docs")
	check(r.TB, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && strings.HasPrefix(info.Name(), "us-") {
			var data []byte
			data, err = os.ReadFile(path)
			_, id, _ := strings.Cut(string(data), "**External ID**: ")
			id, _, _ = strings.Cut(id, "\n")
			if files[id] != "" {
				return fmt.Errorf("%s has two stories", id)
			}
			files[id] = path
		}
		return err
	}))
	return files
}

func TestImport(t *testing.T) {
	t.Parallel()
	a, b := &tracker{n: 25, size: 10}, &tracker{n: 3, size: 10}
	r := newRig(t, sources("acme/a", "acme/b"), map[string]*tracker{"acme/a": a, "acme/b": b})
	s := r.attempt(t.Context())
	if s.Status != jobs.Completed || s.Done != 28 || s.Total != 28 || s.Skipped != 0 || len(r.stories()) != 28 || a.asked != 3 {
		t.Errorf("%+v, %d asked", s, a.asked)
	}
	if got := r.report().Sources; len(got) != 2 || got[0].Written != 25 || got[0].Counted != 25 || got[0].Read != 25 || got[1].Written != 3 {
		t.Errorf("%+v", got)
	}
	last, err := ReadLastImports(r.project)
	check(t, err)
	since, again := last.Since(source("acme/a"), time.Now())
	if !again || time.Since(since) < skew || time.Since(since) > skew+time.Minute {
		t.Errorf("since %v, again %v", since, again)
	}
	// Again, into a job of its own: nothing is new.
	r.create(sources("acme/a", "acme/b"))
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 28 || s.Skipped != 28 {
		t.Errorf("%+v", s)
	}
}

// A source that fails does not stop the others, and a retry goes on at the page.
func TestFailure(t *testing.T) {
	t.Parallel()
	broken := true
	a := &tracker{n: 30, size: 10, page: func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		if broken && from == 20 {
			return p, &rest.StatusError{Status: http.StatusForbidden, Need: "repo"}
		}
		return p, nil
	}}
	r := newRig(t, sources("acme/a", "acme/b", "acme/none"), map[string]*tracker{"acme/a": a, "acme/b": {n: 3, size: 10}})
	s := r.attempt(t.Context())
	if s.Status != jobs.CompletedWithWarnings || s.Done != 23 || s.Failed != 2 || s.Failures()[0].Class != workers.ClassAuth {
		t.Errorf("%+v %+v", s, s.Failures())
	}
	if e := r.report().Errors; len(e) != 2 || !strings.Contains(e["gitea://gitea.test/acme/a"], "needs repo") {
		t.Errorf("%q", e)
	}
	broken, a.asked = false, 0
	r.trackers["acme/none"] = &tracker{n: 1, size: 10}
	s = r.attempt(t.Context())
	if s.Status != jobs.Completed || s.Done != 34 || s.Total != 34 || a.asked != 1 || len(r.stories()) != 34 {
		t.Errorf("%+v, %d asked", s, a.asked)
	}
}

// A host that wants to be left alone pauses the job until then, after the
// sources of other hosts; the job goes on at the page.
func TestLimit(t *testing.T) {
	t.Parallel()
	until := time.Now().Add(time.Hour)
	limited := true
	a := &tracker{n: 30, size: 10, page: func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		if limited && from == 10 {
			return p, &rest.LimitError{Until: until, Err: errors.New("slow down")}
		}
		return p, nil
	}}
	b, c := &tracker{n: 5, size: 10}, &tracker{n: 5, size: 10}
	config := sources("acme/a", "acme/b", "acme/c")
	config.Sources[2].Server, config.Sources[2].API = "https://another.test", "https://another.test/api/v1/"
	r := newRig(t, config, map[string]*tracker{"acme/a": a, "acme/b": b, "acme/c": c})
	s := r.attempt(t.Context())
	if s.Status != jobs.Paused || !s.ResumeAfter.Equal(until.UTC().Truncate(time.Millisecond)) && s.ResumeAfter.Sub(until).Abs() > time.Second || s.Done != 15 || b.asked != 0 || c.asked != 1 {
		t.Errorf("%+v, until %v; %d, %d asked", s, until, b.asked, c.asked)
	}
	limited, a.asked = false, 0
	s = r.attempt(t.Context())
	if s.Status != jobs.Completed || s.Done != 40 || a.asked != 2 || c.asked != 1 || len(r.stories()) != 40 {
		t.Errorf("%+v; %d, %d asked", s, a.asked, c.asked)
	}
}

// An item that a tracker gives twice on one page counts once.
func TestTwiceOnAPage(t *testing.T) {
	t.Parallel()
	a := &tracker{n: 25, size: 10, page: func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		p.Items = append(p.Items, p.Items[0])
		return p, nil
	}}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 25 || len(r.stories()) != 25 {
		t.Errorf("%+v", s)
	}
}

// Whoever watches sees that a source waits, and for what.
func TestWaiting(t *testing.T) {
	t.Parallel()
	a := &tracker{n: 5, size: 10}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	shown := ""
	a.page = func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		a.logf("%s", "asked enough: waiting for 30s")
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for tries := 0; shown == "" && tries < 3000; tries++ {
			<-tick.C
			v, err := jobs.Open(r.project).Find(r.id)
			check(t, err)
			if live, ok := v.State.At(source("acme/a").Item()); ok {
				shown = live.String()
			}
		}
		return p, nil
	}
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || shown != "asked enough: waiting for 30s" {
		t.Errorf("%q: %+v", shown, s)
	}
}

// A cursor that the tracker has forgotten: it is read from its start, and no
// item gets a second story.
func TestForgottenCursor(t *testing.T) {
	t.Parallel()
	down := true
	a := &tracker{n: 30, size: 10, page: func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		switch {
		case from == 0 && down:
			p.Next = "token"
		case from == 10 && down:
			return p, &rest.NetworkError{Err: errors.New("reset")}
		}
		return p, nil
	}}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	if s := r.attempt(t.Context()); s.Done != 10 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	down = false
	s := r.attempt(t.Context())
	if got := r.report().Sources[0]; s.Status != jobs.Completed || s.Done != 30 || got.Read != 30 || got.Written != 30 || len(r.stories()) != 30 {
		t.Errorf("%+v %+v", s, got)
	}
}

// Trackers that go in circles are left, and what was written stays.
func TestCircles(t *testing.T) {
	t.Parallel()
	same := func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		p.Next = "10"
		return p, nil
	}
	n := 0
	other := func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		n++
		p.Next = strings.Repeat("0", n) + "0" // the first page under ever other names
		return p, nil
	}
	for name, c := range map[string]struct {
		page func(int, workers.ItemPage) (workers.ItemPage, error)
		most int
	}{"same cursor": {same, 2}, "same items": {other, maxRepeats + 3}} {
		a := &tracker{n: 30, size: 10, page: c.page}
		r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
		s := r.attempt(t.Context())
		if s.Status != jobs.CompletedWithWarnings || s.Done == 0 || s.Failures()[0].Class != workers.ClassServer || a.asked > c.most {
			t.Errorf("%s: %+v %+v, %d asked", name, s, s.Failures(), a.asked)
		}
	}
}

// A tracker that counts more than it gives is asked once more; if it still does
// its source has failed, and a retry reads all of it.
func TestShort(t *testing.T) {
	t.Parallel()
	a := &tracker{n: 25, size: 10, counts: 27}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	s := r.attempt(t.Context())
	if s.Status != jobs.CompletedWithWarnings || s.Done != 25 || !strings.Contains(s.Failures()[0].Error, "counts 27 items and gave 25") {
		t.Errorf("%+v %+v", s, s.Failures())
	}
	a.n = 27
	s = r.attempt(t.Context())
	if got := r.report().Sources[0]; s.Status != jobs.Completed || s.Done != 27 || got.Written != 27 {
		t.Errorf("%+v %+v", s, got)
	}
	b := &tracker{n: 25, size: 10, page: func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		if from == 20 { // two were closed meanwhile
			p.Items = p.Items[:3]
		}
		return p, nil
	}}
	r = newRig(t, sources("acme/b"), map[string]*tracker{"acme/b": b})
	b.page = func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		if from == 20 {
			b.n = 23
			p.Items, p.Total = p.Items[:3], 0
		}
		return p, nil
	}
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 23 {
		t.Errorf("%+v %+v", s, s.Failures())
	}
}

// Whoever wants open items hears that one of theirs was closed, and of items
// that are gone once all of a source was read.
func TestAgain(t *testing.T) {
	t.Parallel()
	a := &tracker{n: 3, size: 10}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	r.attempt(t.Context())
	a.page = func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		p.Items = p.Items[1:] // the first is gone
		p.Items[0].Status = workers.StatusCompleted
		closed := item("acme/a", 9)
		closed.Status = workers.StatusCompleted
		p.Items = append(p.Items, closed)
		return p, nil
	}
	config := sources("acme/a")
	config.Sources[0].Again = true
	r.create(config)
	s := r.attempt(t.Context())
	got := r.report().Sources[0]
	if s.Status != jobs.Completed || got.Refreshed != 1 || got.Unchanged != 1 || got.Closed != 1 || got.Gone != 1 || got.Written != 0 || got.Read != 3 {
		t.Errorf("%+v %+v", s, got)
	}
	if q := a.queries[len(a.queries)-1]; !q.Closed {
		t.Errorf("%+v", q)
	}
	data, err := os.ReadFile(r.stories()["gitea#acme/a#2"])
	if err != nil || !strings.Contains(string(data), "**Status**: Completed") {
		t.Errorf("%v\n%s", err, data)
	}
}

// Whoever has to put a story right is told which file it is.
func TestDamagedStory(t *testing.T) {
	t.Parallel()
	a := &tracker{n: 3, size: 10}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	r.attempt(t.Context())
	a.page = func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		p.Items[1].Title, p.Items[1].Updated = "Changed", epoch.Add(time.Hour)
		return p, nil
	}
	path := r.stories()["gitea#acme/a#2"]
	check(t, os.WriteFile(path, []byte("not a story"), 0o600))
	r.create(sources("acme/a"))
	s := r.attempt(t.Context())
	got := r.report().Sources[0]
	if len(s.Failures()) != 1 || len(got.Why) != 1 || !strings.Contains(got.Why[0].Reason, "/"+filepath.Base(path)+": ") {
		t.Errorf("%+v %+v", s.Failures(), got)
	}
}

// An item that moves to a later page is written twice and counts once.
func TestMoved(t *testing.T) {
	t.Parallel()
	a := &tracker{n: 20, size: 10, page: func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		if from == 10 {
			moved := item("acme/a", 3)
			moved.Title = "Changed meanwhile"
			p.Items = append(p.Items, moved)
		}
		return p, nil
	}}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	s := r.attempt(t.Context())
	data, err := os.ReadFile(r.stories()["gitea#acme/a#3"])
	if err != nil || s.Done != 20 || r.report().Sources[0].Repeated != 1 || !strings.Contains(string(data), "Changed meanwhile") {
		t.Errorf("%+v %v\n%s", s, err, data)
	}
}

func TestItemLimit(t *testing.T) {
	t.Parallel()
	config := sources("acme/a")
	config.Limit = 15
	r := newRig(t, config, map[string]*tracker{"acme/a": {n: 100, size: 10}})
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 15 || s.Total != 15 || len(r.stories()) != 15 {
		t.Errorf("%+v", s)
	}
	last, err := ReadLastImports(r.project)
	check(t, err)
	if _, ok := last.sources["gitea://gitea.test/acme/a"]; ok {
		t.Error("an import of some items is remembered as one of all")
	}
}

// Closed items that nobody asked for take nothing from what a limit leaves.
func TestItemLimitOfClosed(t *testing.T) {
	t.Parallel()
	config := sources("acme/a")
	config.Limit, config.Sources[0].Again = 5, true
	r := newRig(t, config, map[string]*tracker{"acme/a": {n: 30, size: 10, page: func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		for i := range p.Items {
			if i%3 > 0 {
				p.Items[i].Status = workers.StatusCompleted
			}
		}
		return p, nil
	}}})
	s := r.attempt(t.Context())
	if got := r.report().Sources[0]; s.Status != jobs.Completed || got.Written != 5 || len(r.stories()) != 5 {
		t.Errorf("%+v %+v", s, got)
	}
}

// A credential that is gone makes an attempt that nobody attends wait.
func TestCredentialGone(t *testing.T) {
	t.Parallel()
	config := sources("acme/a")
	config.Credentials = map[string]string{"https://gitea.test": "env:GITEA_TOKEN"}
	a := &tracker{n: 1, size: 10}
	r := newRig(t, config, map[string]*tracker{"acme/a": a})
	if s := r.attempt(t.Context()); s.Status != jobs.Paused || !s.ResumeAfter.IsZero() || a.asked != 0 {
		t.Errorf("%+v", s)
	}
	r.input.Attended = true
	if s := r.attempt(t.Context()); s.Status != jobs.Completed {
		t.Errorf("%+v", s)
	}
}

// What is ended between two pages goes on at the second.
func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	a := &tracker{n: 50, size: 10, page: func(from int, p workers.ItemPage) (workers.ItemPage, error) {
		if from == 30 {
			cancel()
			return p, ctx.Err()
		}
		return p, nil
	}}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	s := r.attempt(ctx)
	if s.Status != jobs.Paused || s.Done < 10 || s.Done > 30 {
		t.Errorf("%+v", s)
	}
	a.page = nil
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 50 || len(r.stories()) != 50 {
		t.Errorf("%+v", s)
	}
}

// single is a tracker that reads single items too.
type single struct{ *tracker }

func (s single) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	s.single = append(s.single, number)
	if i, ok := s.above[number]; ok {
		return i, nil
	}
	p, err := s.Page(ctx, q, "")
	for _, i := range p.Items {
		if i.Number == number {
			return i, err
		}
	}
	return workers.Item{}, errors.Join(err, &rest.StatusError{Status: http.StatusNotFound})
}

// Two servers that have a source of the same name have the same ids: the second
// is refused before anything is written, unless it is the first under another name.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	made := epoch
	a := &tracker{n: 5, size: 10}
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": a})
	if s := r.attempt(t.Context()); s.Status != jobs.Completed {
		t.Fatalf("%+v", s)
	}
	was := r.stories()
	a.page = func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		for n := range p.Items {
			i := &p.Items[n]
			i.URL, i.Created, i.Title = strings.Replace(i.URL, "gitea.test", "two.test", 1), made, "Theirs"
		}
		return p, nil
	}
	other := sources("acme/a")
	other.Sources[0].Server, other.Sources[0].API = "https://two.test", "https://two.test/api/v1/"
	told := func() string {
		data, err := os.ReadFile(was["gitea#acme/a#1"])
		check(t, err)
		return string(data)
	}
	for _, spoil := range []func(){
		func() { made = epoch.Add(time.Hour); a.n = 7 }, // others
		func() { a.n = 0 }, // it has none
	} {
		spoil()
		r.create(other)
		s := r.attempt(t.Context())
		if s.Failed != 1 || s.Failures()[0].Class != workers.ClassOther || !strings.Contains(s.Failures()[0].Error, "on gitea.test, and those of two.test") ||
			len(r.stories()) != 5 || !strings.Contains(told(), "Item 1") {
			t.Errorf("%+v %+v", s, s.Failures())
		}
	}
	made, a.n = epoch, 7
	r.create(other)
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 7 || !strings.Contains(told(), "Theirs") || !strings.Contains(told(), "two.test") {
		t.Errorf("%+v %+v", s, s.Failures())
	}
}

// What lies above the items comes too where that is asked for, and is asked for once.
func TestHierarchy(t *testing.T) {
	t.Parallel()
	of := func(n int, kind, parent string) workers.Item {
		i := item("APP", n)
		i.Platform, i.ID, i.Number, i.Type, i.Parent = "jira", fmt.Sprintf("APP-%d", n), fmt.Sprintf("APP-%d", n), kind, parent
		return i
	}
	a := &tracker{n: 3, size: 10, above: map[string]workers.Item{"APP-90": of(90, "Epic", "")}}
	a.page = func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		p.Items = []workers.Item{of(1, "Story", "APP-90"), of(2, "Story", "APP-91"), of(3, "Story", "OTHER-5")}
		return p, nil
	}
	config := Config{Sources: []Source{{Platform: "jira", Name: "APP", Server: "https://jira.test", API: "https://jira.test/"}}}
	r := newRig(t, config, map[string]*tracker{"APP": a})
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 3 || len(a.single) != 0 {
		t.Errorf("%+v, %q", s, a.single)
	}
	config.Hierarchy = true
	r.create(config)
	a.single = nil
	s := r.attempt(t.Context())
	got := r.report().Sources[0]
	if s.Status != jobs.Completed || s.Done != 4 || got.Read != 4 || got.Counted != 4 || got.Written != 1 {
		t.Errorf("%+v %+v", s, got)
	}
	if !slices.Contains(a.single, "APP-90") || !slices.Contains(a.single, "APP-91") || slices.Contains(a.single, "OTHER-5") {
		t.Errorf("%q", a.single)
	}
	all := r.stories()
	feature, err := os.ReadFile(filepath.Join(filepath.Dir(all["JIRA-APP-1"]), "FEATURE.md"))
	if err != nil || !strings.Contains(string(feature), "Epic: Item 90") || filepath.Dir(all["JIRA-APP-90"]) != filepath.Dir(all["JIRA-APP-1"]) {
		t.Errorf("%v\n%s\n%v", err, feature, all)
	}
	r.create(config)
	a.single = nil
	if s := r.attempt(t.Context()); s.Status != jobs.Completed || s.Done != 3 || slices.Contains(a.single, "APP-90") {
		t.Errorf("%+v %q", s, a.single)
	}
}

func TestPlaceOf(t *testing.T) {
	for _, c := range [][4]string{
		{"gitea", "https://Git.Example:3000/x/issues/1", "x/issues/1", "git.example:3000"},
		{"ado", "https://dev.azure.com/Acme/Shop/_workitems/edit/12", "Acme/Shop/_workitems/edit/12", "dev.azure.com/acme"},
		{"ado", "https://dev.azure.com", "acme/Shop", "dev.azure.com/acme"},
		{"ado", "https://tfs.example/tfs", "acme/Shop", "tfs.example"},
	} {
		if got := placeOf(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%q: %s", c, got)
		}
	}
}

// Two imports at once of one source give each item one story.
func TestTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t, sources("acme/a"), map[string]*tracker{"acme/a": {n: 200, size: 7}})
	other := &rig{TB: t, project: r.project, trackers: map[string]*tracker{"acme/a": {n: 200, size: 11}}}
	other.create(sources("acme/a"))
	done := make(chan jobs.State)
	go func() { done <- other.attempt(t.Context()) }()
	s, o := r.attempt(t.Context()), <-done
	if s.Status != jobs.Completed || o.Status != jobs.Completed || len(r.stories()) != 200 {
		t.Errorf("%+v\n%+v\n%d stories", s, o, len(r.stories()))
	}
	written := 0
	for _, x := range []*rig{r, other} {
		written += x.report().Sources[0].Written
	}
	if written != 200 {
		t.Errorf("%d written in all", written)
	}
}
