package jobs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	after := func(ids ...string) Job {
		j := Job{ID: "me"}
		for _, id := range ids {
			id, anyEnd := strings.CutSuffix(id, ",any")
			j.After = append(j.After, Dependency{id, anyEnd})
		}
		return j
	}
	known := map[string]View{}
	add := func(id string, st Status, foreign bool, ids ...string) {
		j := after(ids...)
		j.ID = id
		known[id] = View{Job: j, State: State{Status: st}, Foreign: foreign}
	}
	add("pending", Pending, false)
	add("running", Running, false)
	add("paused", Paused, false)
	add("completed", Completed, false)
	add("warnings", CompletedWithWarnings, false)
	add("failed", Failed, false)
	add("theirs", Running, true)
	add("their-end", Failed, true)
	add("loop", Pending, false, "loop2")
	add("loop2", Pending, false, "me")
	add("over", Completed, false, "me")
	find := func(id string) (View, bool) { v, ok := known[id]; return v, ok }
	for _, c := range []struct {
		ids   string
		want  Need
		words string
	}{
		{"", NoNeed, ""},
		{"gone", Met, ""},
		{"completed warnings", Met, ""},
		{"pending", Unmet, "waits for job pending (pending)"},
		{"running completed", Unmet, "waits for job running (running)"},
		{"paused", Unmet, "waits for job paused (paused)"},
		{"failed", Doomed, "job failed, which it depends on, failed"},
		{"failed,any", Met, ""},
		{"running failed", Doomed, "job failed, which it depends on, failed"},
		{"running failed,any", Unmet, "waits for job running (running)"},
		{"theirs", Hidden, "waits for job theirs (running)"},
		{"theirs running", Hidden, "waits for job theirs (running)"},
		{"running theirs", Hidden, "waits for job theirs (running)"},
		{"their-end", Doomed, "job their-end, which it depends on, failed"},
		{"their-end,any", Met, ""},
		{"me", Doomed, "it depends on itself (jobs wait for each other)"},
		{"loop", Doomed, "it depends on itself (jobs wait for each other)"},
		{"over", Met, ""},
	} {
		if need, words := needs(after(strings.Fields(c.ids)...), find); need != c.want || words != c.words {
			t.Errorf("%s: %q, %q; want %q, %q", c.ids, need, words, c.want, c.words)
		}
	}
}

func TestCreateChecksDependencies(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	if _, err := s.Create(CloneRepos, nil, Dependency{ID: "12345678"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if _, err := s.Create(CloneRepos, nil, Dependency{ID: "../../x"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("no id: %v", err)
	}
	a := create(t, s)
	b := must[Job](t)(s.Create(CloneRepos, nil, Dependency{ID: a.ID}))
	// somebody edits a's file
	config := string(read(t, s.path(a.ID, "config.json")))
	write(t, s.path(a.ID, "config.json"), []byte(strings.Replace(config, "{", `{"dependsOn": ["`+b.ID+`"],`, 1)))
	if _, err := s.Create(CloneRepos, nil, Dependency{ID: b.ID}); !errors.Is(err, ErrCycle) {
		t.Errorf("a cycle: %v", err)
	}
	if dirs, _ := os.ReadDir(filepath.Join(s.Dir(), "jobs")); len(dirs) != 2 {
		t.Errorf("a refused job left something: %v", dirs)
	}
}

// A class-confined retry leaves alone what failed otherwise, also after a
// crash in the middle of an item.
func TestRetryOfOneClass(t *testing.T) {
	t.Parallel()
	at := t0
	journal := lines(
		Event{Kind: KindStart}, Event{Kind: KindTotal, N: 4},
		Event{Kind: KindDone, Item: "a"},
		Event{Kind: KindFail, Item: "b", Class: "network"}, Event{Kind: KindFail, Item: "c", Class: "auth"}, Event{Kind: KindFail, Item: "d", Class: "network"},
		Event{Kind: KindEnd, Status: CompletedWithWarnings},
		Event{Kind: KindRetry, Class: "network", Until: at},
		Event{Kind: KindStart}, Event{Kind: KindBegin, Item: "b"},
	)
	for _, crash := range [][]Event{
		nil,
		{{Kind: KindLost, Until: at}},
		{{Kind: KindLost, Until: at}, {Kind: KindStart}},
		{{Kind: KindLost, Until: at}, {Kind: KindStart}, {Kind: KindStart}},
		{{Kind: KindPause, Until: at}},
	} {
		s, _, err := Fold(append(journal, lines(crash...)...))
		if err != nil {
			t.Fatal(err)
		}
		if s.Only != "network" || !s.due("b") || s.due("a") || s.due("c") || !s.due("d") || s.due("e") {
			t.Errorf("%v: %+v", crash, s)
		}
		want := 3
		if crash == nil {
			want = 2 // b is being tried again
		}
		if s.Failed != want || len(s.Failures()) != want || s.Done != 1 {
			t.Errorf("%v: %d failed, %v", crash, s.Failed, s.Failures())
		}
	}
	s, _, err := Fold(append(journal, lines(Event{Kind: KindDone, Item: "b"}, Event{Kind: KindFail, Item: "d", Class: "network"}, Event{Kind: KindEnd, Status: CompletedWithWarnings})...))
	if err != nil || s.Done != 2 || s.Failed != 2 || s.Only != "" || s.Fruitless != 0 {
		t.Errorf("%v: %+v", err, s)
	}
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	s, _, _ := Fold(lines(Event{Kind: KindStart, Unit: "u"}, Event{Kind: KindStart, Unit: "u"}, Event{Kind: KindLost, Until: t0.Add(time.Hour)}, Event{Kind: KindStart, Unit: "u"}))
	if s.Restarts != 2 || s.Attempt != 3 || s.Lost {
		t.Errorf("%+v", s)
	}
	s.apply(Event{Kind: KindStart, Unit: "v"})
	if s.Restarts != 0 {
		t.Errorf("%+v", s)
	}
}
