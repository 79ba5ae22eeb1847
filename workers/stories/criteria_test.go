package stories

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestWithCriteria(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		criteria   []string
		want       string
	}{
		{"none", "Text.", nil, "Text."},
		{"first", "Text.", []string{"a", "b"}, "Text.\n\n## Acceptance Criteria\n\n- [ ] a\n- [ ] b"},
		{"below headings", "#### Deep\n\nText.\n\n### Less\n\nMore.", []string{"a"}, "#### Deep\n\nText.\n\n### Less\n\nMore.\n\n### Acceptance Criteria\n\n- [ ] a"},
		{"alone", "", []string{"a"}, "## Acceptance Criteria\n\n- [ ] a"},
		{"the same", "### acceptance criteria:\n* [X] a\n* b\n\nText.", []string{"a", "b"}, "### acceptance criteria:\n* [X] a\n* b\n\nText."},
		{"one changed", "## Acceptance Criteria\n\n1. [x] a\n2. [x] b\n\nText.", []string{"a", "c"}, "## Acceptance Criteria\n\n1. [x] a\n2. [x] c\n\nText."},
		{"one more", "## Acceptance Criteria\n- [x] a\n- [x] b", []string{"a", "b", "c"}, "## Acceptance Criteria\n- [x] a\n- [x] b\n- [ ] c"},
		{"one before", "## Acceptance Criteria\n* a\n\n## More", []string{"b", "a"}, "## Acceptance Criteria\n* b\n* a\n\n## More"},
		{"one between", "## Acceptance Criteria\n* a\n* c\n\n## More", []string{"a", "b", "c"}, "## Acceptance Criteria\n* a\n* b\n* c\n\n## More"},
		{"one less", "## Acceptance Criteria\n* a\n* b\n* c\n\n## More", []string{"a", "c"}, "## Acceptance Criteria\n* a\n* c\n\n## More"},
		{"all gone", "Text.\n\n## Acceptance Criteria\n\n* a\n\n## More", nil, "Text.\n\n## More"},
		{"no list", "Text.\n\n## Acceptance Criteria\n\nNone yet.\n\n---\nMore", []string{"a"}, "Text.\n\n## Acceptance Criteria\n\nNone yet.\n\n- [ ] a\n\n---\nMore"},
		{"AC", "Do:\n- [ ] AC-1: a\n- [x] AC-2: b\n\nText.", []string{"AC-1: a", "AC-2: c"}, "Do:\n- [ ] AC-1: a\n- [x] AC-2: c\n\nText."},
		{"AC and more", "Do:\n- [ ] AC-1: a\n\nText.", []string{"b", "AC-1: a"}, "Do:\n\nText.\n\n## Acceptance Criteria\n\n- b\n- AC-1: a"},
	} {
		if got := WithCriteria(c.body, c.criteria); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
}

// withCriteria holds of any body and criteria.
func withCriteria(t *testing.T, body string, criteria []string) {
	t.Helper()
	var want []string
	for _, c := range criteria {
		if c = oneLine(c); c != "" {
			want = append(want, c)
		}
	}
	is := WithCriteria(body, criteria)
	if got := Criteria(is, ""); !slices.Equal(got, want) {
		t.Fatalf("%q with %q is\n%q\nwhich has %q", body, want, is, got)
	}
	if again := WithCriteria(is, criteria); again != is {
		t.Fatalf("again:\n%q\n%q", is, again)
	}
}

func FuzzWithCriteria(f *testing.F) {
	f.Add("- [ ] AC-1\nText\n## Acceptance Criteria\n* a\n", "a\nAC-1: b\n[x] c\n- d\n[ ]\n# e")
	f.Add("- [ ]\n- [ ] AC-1: x\nAC-2: y", "AC-1\n1. x\nAC 2")
	f.Fuzz(func(t *testing.T, body, criteria string) { withCriteria(t, body, strings.Split(criteria, "\n")) })
}

func TestWithRandomCriteria(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	lines := []string{
		"## Acceptance Criteria", "### acceptance criteria:", "## More", "---", "text", "- a", "* [x] b", "1. c", "- [ ] AC-1: a", "[x] AC2 b", "- [ ]", "AC-3: c", "", "  - d", "- - [ ] AC-9",
	}
	texts := []string{"a", "b", "c", "AC-1: a", "AC2 b", "AC-3", "[ ] a", "[x] AC-1: a", "- e", "# f", "a b", "AC-1: a and b", "---", "1. c"}
	for range 20_000 {
		var body, criteria []string
		for range random.IntN(8) {
			body = append(body, lines[random.IntN(len(lines))])
		}
		for range random.IntN(5) {
			criteria = append(criteria, texts[random.IntN(len(texts))])
		}
		withCriteria(t, strings.Join(body, "\n"), criteria)
	}
}
