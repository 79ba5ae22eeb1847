package syncertest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
	"github.com/specweave/specweave/workers/syncer"
)

// rig is a project that was synced once, and its tracker, in a bubble.
type rig struct {
	*testing.T
	vendor  *providertest.Vendor
	world   *providertest.World
	net     *listertest.Network
	able    workers.Abilities
	config  syncer.Config
	project string
	sent    atomic.Int64 // requests that may have changed something
}

// begin is later than all that a world holds.
var begin = time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)

// bubble runs test with a project and a server of its own.
func (s suite) bubble(t *testing.T, name string, test func(*rig)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		dir := tempDir(t)
		synctest.Test(t, func(t *testing.T) {
			<-time.After(time.Until(begin))
			r := &rig{T: t, vendor: &s.vendor, world: s.vendor.World(), net: listertest.NewNetwork(t), project: dir}
			r.serve()
			r.config = syncer.Config{
				Provider: s.vendor.Platform, Direction: syncer.Bidirectional, Profile: "web", Home: s.vendor.Source,
				Sources:     []importer.Source{{Platform: s.vendor.Platform, Name: s.vendor.Source, Server: r.world.URL, API: r.world.URL + s.vendor.Root}},
				Permissions: syncer.Permissions{Read: true, UpdateStatus: true, Upsert: true},
			}
			r.check(os.Mkdir(filepath.Join(dir, ".specweave"), 0o700))
			r.sync()
			w := r.writer()
			if _, err := w.Item(t.Context(), workers.ItemQuery{Source: s.vendor.Source}, r.number(1)); err != nil {
				t.Fatal(err)
			}
			r.able = w.Abilities()
			test(r)
		})
	})
}

// tempDir is a directory where syncing costs nothing, if there is one.
func tempDir(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	if filepath.IsAbs(memory) { // not so on Windows, and Wine has it by half
		if dir, err := os.MkdirTemp(memory, "specweave-sync-"); err == nil { //nolint:usetesting // which is on a disk
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			return dir
		}
	}
	return t.TempDir()
}

func (r *rig) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) serve() {
	h := r.vendor.Serve(r.world)
	r.net.Serve(strings.TrimPrefix(r.world.URL, "http://"), http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if r.vendor.Changes(q) {
			r.sent.Add(1)
		}
		h.ServeHTTP(w, q)
	}))
}

// writer is a new one, as each attempt has it.
func (r *rig) writer() workers.Writer {
	r.Helper()
	p, err := r.vendor.New(r.net.Client(r.world.URL+r.vendor.Root, r.world.Login, r.vendor.Authorize))
	r.check(err)
	w, ok := p.(workers.Writer)
	if !ok {
		r.Fatal("writes no items")
	}
	return w
}

func (r *rig) connect(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
	return importer.Tracker{Provider: r.writer()}, nil
}

// run runs a job to its end.
func (r *rig) run(kind jobs.Type, config any, worker jobs.Worker) jobs.Job {
	r.Helper()
	store := jobs.Open(r.project)
	job, err := store.Create(kind, config)
	r.check(err)
	state, err := jobs.Attempt{Store: store, Workers: map[jobs.Type]jobs.Worker{kind: worker}}.Run(r.Context(), job.ID)
	r.check(err)
	if state.Failed > 0 || state.Status != jobs.Completed && state.Status != jobs.CompletedWithWarnings {
		r.Fatalf("%s: %s %+v", state.Status, state.Error, state.Failures())
	}
	return job
}

// sync runs a job, a minute later, and returns what it reports of stories and
// items that are not unchanged, a line each.
func (r *rig) sync() string {
	r.Helper()
	<-time.After(time.Minute)
	job := r.run(jobs.SyncExternal, r.config, syncer.New(syncer.Options{Connect: r.connect}))
	var b strings.Builder
	r.check(syncer.ReadReport(r.project, job.ID, func(l syncer.Line) error {
		if l.Outcome != syncer.Unchanged {
			fmt.Fprintf(&b, "%s %s %s: %s\n", l.Outcome, l.Side, l.ID, l.Detail)
		}
		return nil
	}))
	return b.String()
}

// says syncs and compares the report with lines, in any order.
func (r *rig) says(lines ...string) {
	r.Helper()
	got := slices.Sorted(strings.SplitSeq(strings.TrimSuffix(r.sync(), "\n"), "\n"))
	want := slices.Sorted(slices.Values(lines))
	if len(want) == 0 {
		want = []string{""}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("report (-want +got):\n%s", diff)
	}
}

// quiet syncs once more and wants to hear lines, nothing written on either side
// and nothing sent.
func (r *rig) quiet(lines ...string) {
	r.Helper()
	sent, here, there := r.sent.Load(), r.files(), r.world.Issues(nil)
	r.says(lines...)
	if n := r.sent.Load() - sent; n != 0 {
		r.Errorf("%d requests that change something, and nothing was to change", n)
	}
	if diff := cmp.Diff(here, r.files()); diff != "" {
		r.Errorf("stories that were not to change (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(there, r.world.Issues(nil)); diff != "" {
		r.Errorf("items that were not to change (-before +after):\n%s", diff)
	}
}

func (r *rig) files() []storytest.File {
	r.Helper()
	all, err := storytest.Files(r.project)
	r.check(err)
	return all
}

// number is what people call item n.
func (r *rig) number(n int64) string {
	_, number := r.vendor.ID(r.vendor.Source, n)
	return number
}

// id is what stories call item n.
func (r *rig) id(n int64) string {
	id, _ := r.vendor.ID(r.vendor.Source, n)
	return stories.ExternalID(r.vendor.Platform, id)
}

// file is the story of item n.
func (r *rig) file(n int64) storytest.File {
	r.Helper()
	var found []storytest.File
	for _, f := range r.files() {
		if f.ID() == r.id(n) {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		r.Fatalf("%s has %d stories", r.id(n), len(found))
	}
	return found[0]
}

func (r *rig) save(f storytest.File) {
	r.Helper()
	r.check(os.MkdirAll(filepath.Dir(f.Path), 0o700))
	r.check(os.WriteFile(f.Path, []byte(f.Text), 0o600))
}
