package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

// project returns an empty directory to keep jobs in.
func project() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}

// What a worker process does, step by step; [jobs.Attempt] does the same for a
// [jobs.Worker].
func Example() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)

	job, err := store.Create(jobs.CloneRepos, map[string]any{"repositories": []string{"acme/web", "acme/api"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	claim, err := store.Claim(job.ID) // this process is now the worker
	if err != nil {
		fmt.Println(err)
		return
	}
	defer claim.Close()
	err = errors.Join(
		claim.Start(""),
		claim.Total(2),
		claim.Begin("acme/web"), claim.Done("acme/web"),
		claim.Begin("acme/api"), claim.Fail("acme/api", "auth", "permission denied"),
		claim.Complete(nil),
		claim.Publish(context.Background(), time.Second), // for SpecWeave
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := store.Result(job.ID)
	fmt.Println(result.Status, result.Succeeded, result.FailedRepos[0].Name, err)
	// Output: completed_with_warnings 1 acme/api <nil>
}

func ExampleStore_Create() {
	dir, remove := project()
	defer remove()
	job, err := jobs.Open(dir).Create(jobs.ImportIssues, map[string]any{"provider": "github"})
	fmt.Println(len(job.ID), job.Type, err)
	// Output: 8 import-issues <nil>
}

func ExampleStore_Find() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	job, _ := store.Create(jobs.CloneRepos, nil)
	for _, ref := range []string{job.ID, job.ID[:4], "@latest", "clone-latest"} {
		v, err := store.Find(ref)
		fmt.Println(v.Job.ID == job.ID, v.State.Status, err)
	}
	// Output:
	// true pending <nil>
	// true pending <nil>
	// true pending <nil>
	// true pending <nil>
}

func ExampleStore_Active() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	for range 3 {
		_, _ = store.Create(jobs.CloneRepos, nil)
	}
	active, err := store.Active()
	fmt.Println(len(active), err)
	// Output: 3 <nil>
}

// A pause without a time waits for a person. Rate and time left are measured
// over the time that the job was at work.
func ExampleClaim_Pause() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	job, _ := store.Create(jobs.CloneRepos, nil)
	claim, _ := store.Claim(job.ID)
	defer claim.Close()
	err := errors.Join(claim.Start(""), claim.Total(3), claim.Done("a"), claim.Pause(time.Time{}, "waiting for a token"))
	v, _ := store.Find(job.ID)
	fmt.Println(v.State.Status, v.State.Error, v.State.Current(), v.State.Percent(), err)
	now := v.State.UpdatedAt
	fmt.Println(v.State.Rate(now) >= 0, v.State.ETA(now) >= 0)
	// Output:
	// paused waiting for a token 1 33 <nil>
	// true true
}

func ExampleClaim_Start() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	job, _ := store.Create(jobs.CloneRepos, nil)
	claim, _ := store.Claim(job.ID)
	defer claim.Close()
	fmt.Println(claim.Start(""), claim.State().Status, claim.State().Attempt)
	_, err := store.Claim(job.ID) // nobody else can be its worker now
	fmt.Println(errors.Is(err, jobs.ErrClaimed))
	// Output:
	// <nil> running 1
	// true
}

func ExampleClaim_Complete() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	for _, cause := range []error{nil, errors.New("git is too old")} {
		job, _ := store.Create(jobs.CloneRepos, nil)
		claim, _ := store.Claim(job.ID)
		err := errors.Join(claim.Start(""), claim.Complete(cause), claim.Close())
		v, _ := store.Find(job.ID)
		fmt.Println(v.State.Status, v.State.Error, err)
	}
	// Output:
	// completed  <nil>
	// failed git is too old <nil>
}

// Rate and ETA follow from the items noted so far.
func ExampleProgress_Done() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	job, _ := store.Create(jobs.CloneRepos, nil)
	claim, _ := store.Claim(job.ID)
	defer claim.Close()
	_ = errors.Join(claim.Start(""), claim.Total(4))
	for _, item := range []string{"acme/a", "acme/b"} {
		<-time.After(5 * time.Millisecond) // the work
		_ = errors.Join(claim.Begin(item), claim.Done(item))
	}
	s := claim.State()
	now := s.UpdatedAt
	fmt.Println(s.Current(), s.Total, s.Percent(), s.Rate(now) > 0, s.ETA(now) > 0, s.Seen("acme/a"))
	// Output: 2 4 50 true true true
}

func ExampleStore_ByStatus() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	_, _ = store.Create(jobs.CloneRepos, nil)
	pending, err := store.ByStatus(jobs.Pending)
	failed, _ := store.ByStatus(jobs.Failed, jobs.CompletedWithWarnings)
	fmt.Println(len(pending), len(failed), err)
	// Output: 1 0 <nil>
}

func ExampleStore_Result() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	job, _ := store.Create(jobs.CloneRepos, nil)
	claim, _ := store.Claim(job.ID)
	_ = errors.Join(claim.Start(""), claim.Total(2), claim.Done("acme/web"), claim.Fail("acme/api", "auth", "denied"), claim.Complete(nil), claim.Close())
	r, err := store.Result(job.ID)
	fmt.Println(r.SuccessRate, r.Items, r.FailedRepos, err)
	// Output: 50.0 [acme/web] [{acme/api denied auth}] <nil>
}

func ExampleStore_Cleanup() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	for range 12 {
		job, _ := store.Create(jobs.CloneRepos, nil)
		claim, _ := store.Claim(job.ID)
		_ = errors.Join(claim.Start(""), claim.Complete(nil), claim.Close())
	}
	removed, err := store.Cleanup(context.Background(), jobs.KeepFinished)
	fmt.Println(len(removed), err)
	// Output: 2 <nil>
}

// sleeper is a worker that waits to be stopped.
type sleeper struct{}

func (sleeper) Work(ctx context.Context, _ jobs.Job, p *jobs.Progress) error {
	p.Logf("waiting")
	<-ctx.Done()
	return context.Cause(ctx)
}

// Launch, look, stop, read. In a program of its own the command of the unit
// would be one that calls [jobs.Attempt.Run]; here the scheduler runs it in a
// goroutine.
func ExampleLauncher() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	log, _ := os.Create(dir + "/log")
	defer log.Close()
	scheduler := &unitstest.Fake{Run: func(ctx context.Context, spec units.Spec, ready func()) error {
		a := jobs.Attempt{Store: store, Unit: spec.Name, Log: jobs.NewLog(log), Workers: map[jobs.Type]jobs.Worker{jobs.CloneRepos: sleeper{}}}
		ready()
		_, err := a.Run(ctx, spec.Args[1])
		return err
	}}
	launcher := jobs.Launcher{
		Store: store, Units: scheduler,
		Command: func(id string) []string { return []string{"/usr/bin/worker", id} },
	}
	ctx := context.Background()
	job, _, err := launcher.Launch(ctx, jobs.CloneRepos, nil)
	fmt.Println("launched", err)
	running, err := store.Running(job.ID)
	fmt.Println("running", running, err)
	fmt.Println("killed", launcher.Kill(ctx, job.ID))
	running, err = store.Running(job.ID)
	fmt.Println("running", running, err)
	_, err = store.Result(job.ID)
	fmt.Println("no result yet:", errors.Is(err, jobs.ErrNotFound))
	// Output:
	// launched <nil>
	// running true <nil>
	// killed <nil>
	// running false <nil>
	// no result yet: true
}

func ExampleStore_Tail() {
	dir, remove := project()
	defer remove()
	store := jobs.Open(dir)
	job, _ := store.Create(jobs.CloneRepos, nil)
	_ = os.WriteFile(store.LogPath(job.ID), []byte("one\ntwo\nthree\n"), 0o600)
	lines, _, err := store.Tail(job.ID, 2)
	fmt.Println(lines, err)
	// Output: [two three] <nil>
}
