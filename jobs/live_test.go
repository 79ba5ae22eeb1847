package jobs

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What an item reports shows while it is in hand, to whoever looks and to
// whoever follows, and what it has received stays.
func TestReport(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	want := []Live{{Item: "acme/api", Phase: "receiving", Percent: 45, Bytes: 12 << 20}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	watched := 0
	_, err := Attempt{Store: s, Watch: func(st *State) { watched += len(st.Live()) }, Workers: map[Type]Worker{
		CloneRepos: workFunc(func(_ context.Context, _ Job, p *Progress) error {
			if err := errors.Join(p.Total(1), p.Begin("acme/api")); err != nil {
				return err
			}
			p.Report(Live{Item: "acme/web", Phase: "receiving"}) // not in hand
			p.Report(Live{Item: "acme/api", Phase: "counting", Percent: -1})
			p.Report(want[0])
			seen := errors.New("seen")
			err := s.Follow(ctx, job.ID, func(st *State) error {
				if len(st.Live()) == 0 {
					return nil
				}
				if d := cmp.Diff(want, st.Live()); d != "" {
					t.Error(d)
				}
				return seen
			})
			if !errors.Is(err, seen) {
				t.Errorf("nothing to follow: %v", err)
			}
			v := must[View](t)(s.Find(job.ID))
			if d := cmp.Diff(want, v.State.Live()); d != "" || v.State.Received() != 12<<20 || v.State.Bytes != 0 {
				t.Errorf("%s %d", d, v.State.Received())
			}
			return p.Done("acme/api")
		}),
	}}.Run(t.Context(), job.ID)
	if err != nil || watched == 0 {
		t.Errorf("watched %d times, %v", watched, err)
	}
	if _, err := os.Stat(s.path(job.ID, "progress.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("progress.json: %v", err)
	}
	v := must[View](t)(s.Find(job.ID))
	if len(v.State.Live()) != 0 || v.State.Received() != 12<<20 {
		t.Errorf("%+v", v.State)
	}
	if r := must[Result](t)(s.Result(job.ID)); r.Bytes != 12<<20 {
		t.Errorf("%+v", r)
	}
}

// Whatever progress.json holds, it is no more than a number of items in hand.
func TestLiveFileIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data string
		want []Live
	}{
		"nothing":  {"", nil},
		"cut off":  {`[{"item":"a","phase":"rec`, nil},
		"no list":  {`{"item":"a"}`, nil},
		"numbers":  {`[{"item":"a","percent":999,"bytes":-7},{"item":"b","percent":-9}]`, []Live{{Item: "a", Percent: 100}, {Item: "b", Percent: -1}}},
		"stranger": {`[{"item":"c"}]`, nil},
		"huge":     {`[{"item":"a","phase":"` + strings.Repeat("x", maxLive) + `"}]`, nil},
	} {
		s := Open(t.TempDir())
		job := create(t, s)
		write(t, s.path(job.ID, "progress.json"), []byte(c.data))
		st := State{Status: Running, Running: []string{"a", "b"}, live: s.readLive(job.ID)}
		if d := cmp.Diff(c.want, st.Live()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 12897485: "12.3 MiB", 1<<20 - 1: "1.0 MiB", 1 << 40: "1.0 TiB", 1<<63 - 1: "8.0 EiB",
	} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
	if got := (Live{Phase: "a\x1b[2J", Percent: 7, Bytes: 2048}).String(); got != `a\x1b[2J 7%, 2.0 KiB` {
		t.Error(got)
	}
	if got := (Live{Phase: "counting", Percent: -1}).String(); got != "counting" {
		t.Error(got)
	}
}

// Items that were there before are counted apart: in the state, in the summary
// that stands for it, and in result.json.
func TestKept(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	if _, err := attempt(t.Context(), t, s, job.ID, func(_ context.Context, _ Job, p *Progress) error {
		return errors.Join(p.Total(5), p.Done("new"), p.Update("updated"), p.Unchanged("same"), p.Skip("there"),
			p.Keep("mine", "uncommitted changes"), p.Keep("mine", "again"))
	}); err != nil {
		t.Fatal(err)
	}
	v := must[View](t)(s.Find(job.ID))
	if d := cmp.Diff([]KeptItem{{"mine", "uncommitted changes"}}, v.State.KeptItems()); d != "" {
		t.Error(d)
	}
	brief := must[[]View](t)(s.List())[0].State
	for _, st := range []State{v.State, brief} {
		if st.Status != Completed || st.Done != 5 || st.Skipped != 3 || st.Updated != 1 || st.Kept != 1 {
			t.Errorf("%+v", st)
		}
	}
	contains(t, string(read(t, s.path(job.ID, "result.json"))), `"new": 1`, `"updated": 1`, `"unchanged": 2`, `"skipped": 3`,
		`"name": "mine"`, `"reason": "uncommitted changes"`)
}

// What a host had to be asked for takes its time, whether it was news or not.
func TestUnchangedHasAPace(t *testing.T) {
	t.Parallel()
	for how, want := range map[How]bool{"": false, Unchanged: true, Kept: true} {
		s, _, err := Fold(lines(Event{Kind: KindStart}, Event{Kind: KindTotal, N: 4},
			Event{Kind: KindSkip, Item: "a", How: how}, Event{Kind: KindSkip, Item: "b", How: how}))
		if got := s.ETA(s.UpdatedAt) > 0; err != nil || got != want {
			t.Errorf("%q: known %v, want %v; %v", how, got, want, err)
		}
	}
}
