package workers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	all := []Listed{
		{Owner: "acme", Name: "API-one", Language: "Go", Topics: []string{"backend"}, Visibility: "public", PushedAt: day(10)},
		{Owner: "acme", Name: "api-two", Language: "Rust", Visibility: "private", PushedAt: day(20)},
		{Owner: "acme/sub", Name: "web", Language: "Go", Topics: []string{"frontend", "Backend"}, Visibility: "internal"},
		{Owner: "acme", Name: "old", Archived: true, Fork: true, PushedAt: day(1)},
		{Owner: "acme", Name: "fork", Fork: true, PushedAt: day(20)},
		{Owner: "acme", Name: "empty", Empty: true},
		{Owner: "acme", Name: "off", Disabled: true},
		{Owner: "acme", Name: ".github"},
	}
	for _, test := range []struct {
		s       Selection
		pattern string
		want    string // names, or ! and what the error says
		left    map[Reason]int
	}{
		{Selection{}, "", "API-one api-two web empty .github", map[Reason]int{ReasonArchived: 1, ReasonFork: 1, ReasonDisabled: 1}},
		{Selection{}, "api-*", "API-one api-two", map[Reason]int{ReasonName: 6}},
		{Selection{Patterns: []string{"*-two", "web"}}, "", "api-two web", map[Reason]int{ReasonName: 6}},
		{Selection{Patterns: []string{"*-two", "web"}}, "api-*", "api-two", map[Reason]int{ReasonName: 7}},
		{Selection{Patterns: []string{"acme/sub/*"}}, "", "web", map[Reason]int{ReasonName: 7}},
		{Selection{Patterns: []string{"regex:^api-(one|two)$"}}, "", "API-one api-two", map[Reason]int{ReasonName: 6}},
		{Selection{Exclude: []string{"api-*", "regex:^\\."}}, "", "web empty", map[Reason]int{ReasonExcluded: 3, ReasonArchived: 1, ReasonFork: 1, ReasonDisabled: 1}},
		{Selection{Topics: []string{"BACKEND"}}, "", "API-one web", map[Reason]int{ReasonTopic: 6}},
		{Selection{Languages: []string{"go", "rust"}}, "", "API-one api-two web", map[Reason]int{ReasonLanguage: 5}},
		{Selection{Visibility: []string{"private", "internal"}}, "", "api-two web", map[Reason]int{ReasonVisibility: 6}},
		{Selection{Archived: With}, "", "API-one api-two web empty .github", map[Reason]int{ReasonFork: 2, ReasonDisabled: 1}},
		{Selection{Archived: With, Forks: With}, "", "API-one api-two web old fork empty .github", map[Reason]int{ReasonDisabled: 1}},
		{Selection{Archived: Only, Forks: With}, "", "old", map[Reason]int{ReasonLive: 6, ReasonDisabled: 1}},
		{Selection{Forks: Only}, "", "fork", map[Reason]int{ReasonNoFork: 5, ReasonArchived: 1, ReasonDisabled: 1}},
		{Selection{PushedSince: day(10)}, "", "API-one api-two", map[Reason]int{ReasonOld: 5, ReasonFork: 1}},
		{Selection{Patterns: []string{"["}}, "", "!malformed glob", nil},
		{Selection{Exclude: []string{"regex:("}}, "", "!not a regular expression", nil},
		{Selection{Patterns: []string{strings.Repeat("a", 1001)}}, "", "!longer", nil},
		{Selection{Visibility: []string{"secret"}}, "", "!public, internal or private", nil},
	} {
		chosen, left, err := test.s.Select(all, test.pattern)
		if reason, bad := strings.CutPrefix(test.want, "!"); bad {
			var e *InputError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), reason) {
				t.Errorf("%+v: %v; want %s", test.s, err, reason)
			}
			continue
		}
		var names []string
		for _, r := range chosen {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != test.want || !maps.Equal(CountReasons(left), test.left) {
			t.Errorf("%+v, %s: %s, %v, %v; want %s, %v", test.s, test.pattern, got, CountReasons(left), err, test.want, test.left)
		}
	}
}

// A limit keeps the same ones whatever the order, and counts the others.
func TestMerge(t *testing.T) {
	t.Parallel()
	r := func(name string) Listed { return Listed{Owner: "acme", Name: name, CloneURL: "https://h/acme/" + name} }
	chosen, left := Merge([]Listed{r("api"), r("web"), r("api")}, []LeftOut{
		{r("web"), ReasonName, ""}, {r("old"), ReasonArchived, ""}, {r("api"), ReasonName, ""}, {r("old"), ReasonName, ""},
	})
	if len(chosen) != 2 || chosen[0].Name != "api" || chosen[1].Name != "web" || len(left) != 1 || left[0].Name != "old" || left[0].Reason != ReasonArchived {
		t.Errorf("%+v; %+v", chosen, left)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	var all []Listed
	for i := range 20 {
		all = append(all, Listed{Owner: "acme", Name: fmt.Sprintf("r%02d", i)})
	}
	for range 20 {
		all = append(all[1:], all[0])
		chosen, left := Limit(slices.Clone(all), 7)
		if len(chosen) != 7 || chosen[6].Name != "r06" || len(left) != 13 || left[0].Reason != ReasonLimit {
			t.Fatal(chosen, left)
		}
	}
	if chosen, left := Limit(all, 0); len(chosen) != 20 || left != nil {
		t.Error(chosen, left)
	}
}
