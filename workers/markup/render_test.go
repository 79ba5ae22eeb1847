package markup

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/specweave/specweave/workers"
)

var rendered = []workers.Markup{workers.ADF, workers.HTML, workers.Wiki, workers.Markdown}

// checkRender holds the way there and back to what the package promises of it,
// for any text, and returns what comes back.
func checkRender(t *testing.T, text workers.Text, to workers.Markup) (m, once string) {
	t.Helper()
	m = Markdown(text)
	raw := Render(m, to)
	once = Markdown(workers.Text{Raw: raw, Markup: to})
	if !same(tree(once), tree(m)) {
		t.Errorf("%s of %q is %q, which is %q", to, m, raw, once)
	}
	if twice := Markdown(workers.Text{Raw: Render(once, to), Markup: to}); twice != once {
		t.Errorf("%s of %q\nonce  %q\ntwice %q", to, m, once, twice)
	}
	if to == workers.Markdown && once != m {
		t.Errorf("%q is %q", m, once)
	}
	checkRaw(t, raw, to)
	return m, once
}

// checkRaw holds what is sent to a tracker to what it may hold.
func checkRaw(t *testing.T, raw string, to workers.Markup) {
	t.Helper()
	if len(raw) > maxRaw {
		t.Errorf("%d bytes of %s", len(raw), to)
	}
	switch to {
	case workers.ADF:
		checkADF(t, raw)
	case workers.HTML:
		checkHTML(t, raw)
	case workers.Wiki, workers.Markdown:
	}
}

// elements are those that HTML may hold, with their attributes.
var elements = map[string]string{
	"p": "", "h3": "", "h4": "", "h5": "", "h6": "", "ul": "", "ol": "start", "li": "", "pre": "", "code": "class", "blockquote": "", "hr": "", "br": "",
	"table": "", "tr": "", "th": "align", "td": "align", "strong": "", "em": "", "s": "", "a": "href title", "img": "src alt title",
}

func checkHTML(t *testing.T, raw string) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(raw)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return
		}
		if kind != html.StartTagToken {
			continue
		}
		tok := z.Token()
		attrs, ok := elements[tok.Data]
		if !ok {
			t.Errorf("<%s> in %q", tok.Data, raw)
		}
		for _, a := range tok.Attr {
			if !strings.Contains(" "+attrs+" ", " "+a.Key+" ") {
				t.Errorf("<%s %s> in %q", tok.Data, a.Key, raw)
			}
			if (a.Key == "href" || a.Key == "src") && !isSafe(a.Val) {
				t.Errorf("%s in %q", a.Val, raw)
			}
		}
	}
}

// nodeOf is a node of a document with all that it has.
type nodeOf struct {
	Type    string         `json:"type"`
	Text    *string        `json:"text"`
	Content []nodeOf       `json:"content"`
	Marks   []mark         `json:"marks"`
	Attrs   map[string]any `json:"attrs"`
}

func checkADF(t *testing.T, raw string) {
	t.Helper()
	var doc struct {
		nodeOf
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(raw), &doc); err != nil || doc.Type != "doc" || doc.Version != 1 || doc.Content == nil {
		t.Fatalf("no document: %q: %v", raw, err)
	}
	var walk func(n nodeOf)
	walk = func(n nodeOf) {
		for i, c := range n.Content {
			checkNode(t, raw, n, c, i)
			walk(c)
		}
		switch n.Type {
		case "bulletList", "orderedList", "taskList", "listItem", "blockquote", "panel", "table", "tableRow", "tableCell", "tableHeader", "mediaSingle":
			if len(n.Content) == 0 {
				t.Errorf("empty %s in %q", n.Type, raw)
			}
		}
	}
	walk(doc.nodeOf)
}

// inside is which nodes may stand in which, of all that Atlassian documents
// (developer.atlassian.com/cloud/jira/platform/apis/document/structure).
var inside = map[string]string{
	"doc":         "paragraph heading bulletList orderedList taskList codeBlock blockquote panel table rule mediaSingle",
	"paragraph":   "text hardBreak inlineCard",
	"heading":     "text hardBreak inlineCard",
	"taskItem":    "text hardBreak inlineCard",
	"bulletList":  "listItem",
	"orderedList": "listItem",
	"taskList":    "taskItem taskList",
	"listItem":    "paragraph bulletList orderedList codeBlock mediaSingle",
	"codeBlock":   "text",
	"blockquote":  "paragraph bulletList orderedList codeBlock mediaSingle",
	"panel":       "paragraph heading bulletList orderedList taskList codeBlock rule mediaSingle",
	"table":       "tableRow",
	"tableRow":    "tableHeader tableCell",
	"tableHeader": "paragraph",
	"tableCell":   "paragraph",
	"mediaSingle": "media",
}

func checkNode(t *testing.T, raw string, parent, n nodeOf, i int) {
	t.Helper()
	if !strings.Contains(" "+inside[parent.Type]+" ", " "+n.Type+" ") {
		t.Errorf("%s in a %s in %q", n.Type, parent.Type, raw)
	}
	if parent.Type == "listItem" && i == 0 && strings.HasSuffix(n.Type, "List") || parent.Type == "taskList" && i == 0 && n.Type != "taskItem" {
		t.Errorf("%s begins a %s in %q", n.Type, parent.Type, raw)
	}
	if (n.Type == "text") != (n.Text != nil && *n.Text != "") {
		t.Errorf("a %s with the text %v in %q", n.Type, n.Text, raw)
	}
	kinds := map[string]int{}
	for _, m := range n.Marks {
		kinds[m.Type]++
		if href := attrText(m.Attrs, "href"); m.Type == "link" && (href == "" || !isSafe(href)) {
			t.Errorf("link %q in %q", href, raw)
		}
	}
	if kinds["code"] > 0 && len(kinds) > kinds["code"]+kinds["link"] || len(n.Marks) != len(kinds) || parent.Type == "codeBlock" && len(kinds) > 0 {
		t.Errorf("marks %v in %q", n.Marks, raw)
	}
	for _, key := range map[string][]string{"heading": {"level"}, "taskList": {"localId"}, "taskItem": {"localId", "state"}, "panel": {"panelType"}, "inlineCard": {"url"}, "media": {"type", "url"}}[n.Type] {
		if n.Attrs[key] == nil {
			t.Errorf("a %s without %s in %q", n.Type, key, raw)
		}
	}
}

// What is made of what blocks and inline constructs begin and end with means
// the same after a round, and nothing changes after that.
func TestRenderGenerated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(11))
	for range 2_000 {
		s := generate(r)
		from, to := rendered[r.Intn(len(rendered))], rendered[r.Intn(3)]
		checkRender(t, workers.Text{Raw: s, Markup: from}, to)
		if t.Failed() {
			t.Fatalf("%s %q", from, s)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range renderSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, to := range rendered {
			checkRender(t, workers.Text{Raw: s}, to)
		}
	})
}

// FuzzThere begins with what a tracker has.
func FuzzThere(f *testing.F) {
	for _, s := range []string{
		"<p>a <b>c:</b>d</p><ul><li>e<li>[x] f</ul><ul><li>g</ul>", "<table><tr><td>a|b<td><code>{c}</code>", "h1. a\n* b\n*# c\n{quote}d{quote}", "||a||b||\n|c|{{d|e}}|",
		`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a:","marks":[{"type":"strong"}]},{"type":"text","text":"b"}]}]}`,
		`{"type":"doc","content":[{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"codeBlock"}]}]},{"type":"bulletList","content":[]}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, to := range rendered[:3] {
			checkRender(t, workers.Text{Raw: s, Markup: to}, to)
		}
	})
}

var renderSeeds = []string{
	"# a\n\n- b\n  1. **c**\n\n> d", "- [ ] a\n- [x] **`b`**\n  - [ ] c", "> **Note**\n>\n> a\n> - b", "a | b\n:-:|--:\nc\\|d | `e`", "![a](b.png) [![c](d)](https://e.com)",
	"[a][b] [^1]\n\n[b]: https://e.com 'c'\n[d]: e\n\n[^1]: f", "- a\n* b\n1. c\n1) d", "> [!NOTE]\n> a", "- a\n\n  > b\n  > # c\n\n  | d |\n  |---|", "```markdown\n[//]: # (specweave keeps this as Markdown)\na\n```",
	"***a** b* ~~c~~d `` e`f `` \\*g\\*", "www.e.com https://e.com/a_b_ (https://e.com). a@b.c", "{noformat} {code} \\{~noformat}", "a\\\nb  \nc<br>d\ne", "h1. a\nbq. b\n(x) :) -- ??c?? {{d}}",
}
