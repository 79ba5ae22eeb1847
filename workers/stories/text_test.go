package stories

import (
	"strings"
	"testing"
)

// hostileTexts try to be something else than text.
var hostileTexts = []string{
	"---\nexternal_id: evil\n---\n",
	"- **External ID**: github#evil/evil#1",
	"x\n- **External ID**: github#evil/evil#1\n-  **Platform**: jira\n",
	"```\nopen\n- **External ID**: evil\n## External Metadata\n",
	"~~~\n```\n## Tasks",
	"# US-999E: Evil\n\n**Status**: Completed\n\n## Acceptance Criteria\n\n- [x] **AC-US-001-01**: all\n\n---\n\n## External Metadata\n\n- **External ID**: evil\n- **Content Hash**: 0000000000000000",
	"\r\n\r\n## Description\r\n\r\nx\r# US-001E: y\r",
	"nul \x00, escape \x1b[31m, delete \x7f, bad \xff\xfe, \u2028 line, \u202e right to left, \ufeff mark",
	"title: 'a' \"b\" \\ # c: d\n{}[]&*!|>%@`",
	"../../../etc/passwd", "مرحبا بالعالم", "登录 — 测试", "🙂", "", " ", "-", "....",
	"<!-- \n---\n --> <script>alert(1)</script> {process.exit()}",
	"Setext\n---\n\ntext\n\n---",
	strings.Repeat("very long ", 20000),
}

// Whatever a text holds, the story that it is part of says the same about
// itself, and the text is found again as it went in.
func holds(t *testing.T, hostile string) {
	t.Helper()
	d := issue("acme/web", 7, oneLine(hostile), hostile)
	d.Item.Labels, d.Item.Milestone, d.Criteria = []string{hostile}, hostile, []string{hostile, "more"}
	d.Sections = []Section{{"Comments", hostile}}
	chunks := render(d, spot{5, "web", "FS-001E", clock}, []task{{"ado-1", hostile, true}})
	file := text(chunks)
	found := parse(file)
	if text(found) != file {
		t.Fatalf("parsed and put together it is another:\n%q\n%q", file, text(found))
	}
	for _, c := range chunks {
		if c.key == "" {
			continue
		}
		if got := find(found, c.key); got == nil || got.val != c.val {
			t.Errorf("%s of %q is %q, found as %+v in\n%s", c.key, hostile, c.val, got, file)
		}
	}
	if id := externalIDIn(file); id != "gh:acme/web#7" {
		t.Errorf("the id of %q is %q", hostile, id)
	}
	if first := externalIDLine.FindStringSubmatch(file); first == nil || first[1] != "github#acme/web#7" { // as SpecWeave's reader looks
		t.Errorf("SpecWeave finds %q in %q", first, hostile)
	}
	if !pristine(file, found) {
		t.Errorf("%q counts as edited", hostile)
	}
	if again := guard(guard(hostile)); again != guard(hostile) {
		t.Errorf("guarded twice %q is %q, once %q", hostile, again, guard(hostile))
	}
	name := fileName(5, Draft{Title: hostile})
	if !storyName.MatchString(name) || len(name) > 70 || strings.ContainsAny(name, "/\\\n") {
		t.Errorf("file name %q", name)
	}
	doc := featureDoc{number: 1, d: d, isItem: true, imported: clock}.String()
	fields := frontMatter(doc)
	if fields["external_id"] != "github#acme/web#7" || fields["id"] != "FS-001E" || fields["title"] != "Feature: "+title(d) {
		t.Errorf("%q in\n%s", fields, doc)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"- **Who**: ann\n* **Why**: bob": "- **Who**: ann\n* **Why**: bob",
		"- **External ID**: x":           `- \*\*External ID**: x`,
		"  * **labels**: x":              `  * \*\*labels**: x`,
		"# One\n## Two\n### Three":       "### One\n### Two\n### Three",
	} {
		if got := guard(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for _, s := range hostileTexts {
		holds(t, s)
	}
}

func FuzzStory(f *testing.F) {
	for _, s := range hostileTexts {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(holds)
}

// Any file can be parsed, put together and merged.
func FuzzParse(f *testing.F) {
	file := text(render(issue("acme/web", 1, "One", "Body."), spot{1, "web", "FS-001E", clock}, nil))
	f.Add(file, "New.")
	f.Add(strings.ReplaceAll(file, "\n", "\r\n"), "New.")
	f.Add("---\na: b\n---\n# US-001: x\n## A\n## A\n---\n## External Metadata\n- **A**: b\n- **A**: c\n", "")
	f.Add("## Acceptance Criteria\n- [x] a\n\n## Import Conflicts\n\n> **Description** was changed here \n\nmine", "x")
	f.Fuzz(func(t *testing.T, file, body string) {
		mine := parse(file)
		if text(mine) != file {
			t.Fatalf("%q became %q", file, text(mine))
		}
		_ = frontMatter(file)
		_ = externalIDIn(file)
		d := issue("acme/web", 1, "One", body)
		d.Criteria = []string{body}
		theirs := render(d, spot{1, "web", "FS-001E", clock}, nil)
		for _, old := range []base{nil, baseOf(mine), baseOf(theirs), {}} {
			merged, _ := merge(terms{old: old}, mine, theirs)
			again, conflicts := merge(terms{old: baseOf(theirs)}, parse(text(merged)), theirs)
			if len(conflicts) > 0 || text(again) != text(merged) {
				t.Fatalf("merged again: %q\n%s\n%s", conflicts, text(merged), text(again))
			}
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"github#Acme/Web#12": "gh:acme/web#12", "GH-#12": "gh-12", "GITHUB-12": "gh-12", "JIRA-PROJ-1": "jira-proj-1",
		"ADO-7": "ado-7", "gitea#a/b#1": "gitea#a/b#1", "gitlab#a/b/c#1": "gitlab#a/b/c#1", "github#acme/web": "github#acme/web",
	} {
		if got := Normalize(in); got != want {
			t.Errorf("%s is %s", in, got)
		}
	}
	for in, want := range map[string]string{"PROJ-1": "JIRA-PROJ-1", "JIRA-PROJ-1": "JIRA-PROJ-1", "JIRA-1": "JIRA-JIRA-1", "": ""} {
		if got := ExternalID(jira, in); got != want {
			t.Errorf("%s is %s", in, got)
		}
	}
	for in, want := range map[string]string{"JIRA-PROJ-1": "PROJ-1", "jira-proj-1": "PROJ-1", "PROJ-1": "PROJ-1", "JIRA-1": "JIRA-1", "JIRA-JIRA-1": "JIRA-1", "": ""} {
		if got := ItemID(jira, in); got != want {
			t.Errorf("%s is the item %s", in, got)
		}
	}
	if got := ItemID(ado, "JIRA-PROJ-1"); got != "JIRA-PROJ-1" {
		t.Error(got)
	}
	for in, want := range map[string]int{"us-001e-x.md": 1, "us-1000e-x.md": 1000, "us-042.md": 42, "us-007e.md": 7, "us-12-x.md": 0, "us-001ex.md": 0} {
		if got := number(storyName, in); got != want {
			t.Errorf("%s has number %d", in, got)
		}
	}
	for in, want := range map[string]string{"Log in: now!": "us-1000e-log-in-now.md", "登录": "us-1000e-item.md", "a  --  b": "us-1000e-a-b.md"} {
		if got := fileName(1000, Draft{Title: in}); got != want {
			t.Errorf("%q has file name %s", in, got)
		}
	}
	if got := fileName(1, Draft{Title: "Ärger", Slug: "aerger"}); got != "us-001e-aerger.md" {
		t.Error(got)
	}
}

func TestCriteria(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, field, want string }{
		{"- [ ] AC1: one\n- [x] AC-2: two\n- [ ] no", "", "AC1: one|AC-2: two"},
		{"x\n## Acceptance Criteria\n\n- one\n* [x] two\n1. three\n\n## More\n- four", "", "one|two|three"},
		{"- [ ] AC1: one\n\n### acceptance criteria:\n- [ ] AC1: one\n- two", "", "AC1: one|two"},
		{"## Acceptance Criteria\n- no", "- one\n\ntwo\n1) three\n", "one|two|three"},
		{"nothing", "", ""},
	} {
		if got := strings.Join(Criteria(c.body, c.field), "|"); got != c.want {
			t.Errorf("%q: %s", c.body, got)
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string][2]string{ // as it is, and in a link
		"https://a.test/x/1":          {"https://a.test/x/1", "https://a.test/x/1"},
		"HTTP://a.test":               {"HTTP://a.test", "HTTP://a.test"},
		"https://a.test/b)c ## X":     {"https://a.test/b)c%20##%20X", "https://a.test/b%29c%20##%20X"},
		"https://a.test/{x}<y>`z\\\n": {"https://a.test/%7Bx%7D%3Cy%3E%60z%5C", "https://a.test/%7Bx%7D%3Cy%3E%60z%5C"},
		"javascript:alert(1)":         {"", "#"},
		"data:text/html,x":            {"", "#"},
		"//a.test/":                   {"", "#"},
		"":                            {"", "#"},
	} {
		if got := [2]string{webURL(url), linkTarget(url)}; got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}
