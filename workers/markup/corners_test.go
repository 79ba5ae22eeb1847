package markup

import (
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/specweave/specweave/workers"
)

func TestRender(t *testing.T) {
	t.Parallel()
	doc := func(content string) string { return `{"version":1,"type":"doc","content":[` + content + `]}` }
	p := func(text string) string {
		return `{"type":"paragraph","content":[{"type":"text","text":` + text + `}]}`
	}
	for _, tt := range []struct {
		name, md string
		to       workers.Markup
		want     string
	}{
		{"nothing", "", workers.ADF, doc("")},
		{"nothing", "", workers.HTML, ""},
		{"markdown stays", "# List<T>\r\n* a\x00", workers.Markdown, "# List<T>\n* a"},
		{"heading", "### A", workers.ADF, doc(`{"type":"heading","content":[{"type":"text","text":"A"}],"attrs":{"level":3}}`)},
		{"heading", "### A", workers.Wiki, "h3. A"},
		{"marks", "**a *b*** ~~c~~ `d`", workers.HTML, "<p><strong>a <em>b</em></strong> <s>c</s> <code>d</code></p>"},
		{"marks", "**a *b*** ~~c~~ `d`", workers.Wiki, "*a _b_* -c- {{d}}"},
		{"bold code", "**`a`**", workers.ADF, doc(`{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"strong"},{"type":"textColor","attrs":{"color":"#44546e"}}]}]}`)},
		{"linked code", "[`a`](https://e.com)", workers.ADF, doc(`{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"https://e.com"}},{"type":"code"}]}]}`)},
		{"escapes", `\{x} List\<T> \*`, workers.ADF, doc(p(`"{x} List<T> *"`))},
		{"escapes", `\{x} List\<T> & \*`, workers.HTML, "<p>{x} List&lt;T&gt; &amp; *</p>"},
		{"escapes", `\{x} snake_case Done! (x) C:\dir -- h1. x`, workers.Wiki, `\{x} snake_case Done! \(x) C:&#92;dir \-\- h1. x`},
		{"start of a line", "h1. x\n\nbq. y\n\n\\# z", workers.Wiki, "h1&#46; x\n\nbq&#46; y\n\n\\# z"},
		{"items", "- a\n  1. b\n- [x] c", workers.HTML, "<ul><li>a<ol><li>b</li></ol></li><li>[x] c</li></ul>"},
		{"items", "- a\n  1. b\n- c", workers.Wiki, "* a\n*# b\n* c"},
		{"tasks", "- [ ] a\n- [x] b", workers.ADF, doc(`{"type":"taskList","content":[{"type":"taskItem","content":[{"type":"text","text":"a"}],"attrs":{"localId":"2","state":"TODO"}},{"type":"taskItem","content":[{"type":"text","text":"b"}],"attrs":{"localId":"3","state":"DONE"}}],"attrs":{"localId":"1"}}`)},
		{"code", "```go\na\n```", workers.Wiki, "{code:go}\na\n{code}"},
		{"code Jira does not know", "```tsx\na\n```", workers.Wiki, "{noformat:language=tsx}\na\n{noformat}"},
		{"panel", "> **Info**\n>\n> a", workers.ADF, doc(`{"type":"panel","content":[` + p(`"a"`) + `],"attrs":{"panelType":"info"}}`)},
		{"address", "see https://e.com/a.", workers.HTML, `<p>see <a href="https://e.com/a">https://e.com/a</a>.</p>`},
		{"card", "[https://e.com](https://e.com)", workers.ADF, doc(`{"type":"paragraph","content":[{"type":"inlineCard","attrs":{"url":"https://e.com"}}]}`)},
		{"image", "![a](https://e.com/i.png)", workers.ADF, doc(`{"type":"mediaSingle","content":[{"type":"media","attrs":{"alt":"a","type":"external","url":"https://e.com/i.png"}}],"attrs":{"layout":"center"}}`)},
		{"unsafe link", "[a](javascript:b)", workers.HTML, "<p>[a](javascript:b)</p>"},
		{"kept", "> # a", workers.ADF, doc(`{"type":"blockquote","content":[{"type":"codeBlock","content":[{"type":"text","text":"[//]: # (specweave keeps this as Markdown)\n### a"}],"attrs":{"language":"markdown"}}]}`)},
	} {
		got := Render(tt.md, tt.to)
		if got != tt.want {
			t.Errorf("%s in %s:\ngot  %s\nwant %s", tt.name, tt.to, got, tt.want)
		}
		checkRender(t, workers.Text{Raw: tt.md}, tt.to)
	}
}

// What a language has no form for is the same after a round: it is kept as
// Markdown, as little of it as can be.
func TestRenderKept(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		md   string
		kept string // the first letters of those of "ADF HTML wiki" that keep it
	}{
		{"a[^1]\n\n[^1]: b", "AHw"},
		{"[a]: https://e.com", "AHw"},
		{"> [!NOTE]\n> a", "AHw"},
		{"> > a", "Aw"},
		{"> ### a", "A"},
		{"> - a", ""},
		{"- a\n\n  > b", "Aw"},
		{"- a\n\n  ```\n  b\n  ```", "w"},
		{"- ### a", "Aw"},
		{"- a\n\n  ***", "Aw"},
		{"- a\n\n* b", "w"},
		{"| a |\n| :---: |\n| b |", "w"},
		{"[![a](https://e.com/i.png)](https://e.com)", "w"},
		{"![a](https://e.com/i.png \"b\")", "Aw"},
		{"[a](../b)", "w"},
		{"a**b**c", "w"},
		{"{noformat} {code}", ""},
		{"```\n{code}{noformat}\n```", "w"},
		{"```\n[//]: # (specweave keeps this as Markdown)\na\n```", "AHw"},
	} {
		for _, to := range rendered[:3] {
			m, once := checkRender(t, workers.Text{Raw: tt.md}, to)
			// HTML is written in another way where it is not kept
			if isKept := strings.Contains(tt.kept, strings.ToUpper(string(to))[:1]) || to == workers.Wiki && strings.Contains(tt.kept, "w"); isKept != strings.Contains(Render(m, to), "specweave keeps this") {
				t.Errorf("%s of %q: %s", to, m, Render(m, to))
			} else if isKept && once != m {
				t.Errorf("%s of %q is %q", to, m, once)
			}
		}
	}
}

// What means nothing is written in one way after a round, and stays so.
func TestRenderCorners(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, md, want string }{
		{"line breaks in a paragraph", "a\nb", "a b"},
		{"other marks", "_a_ __b__", "*a* **b**"},
		{"other marks of items", "+ a\n+ b", "- a\n- b"},
		{"space between items", "- a\n\n- b", "- a\n- b"},
		{"the numbers of items", "1. a\n1. b", "1. a\n2. b"},
		{"a line break", "a  \nb", "a\\\nb"},
		{"a rule", "a\n\n* * *", "a\n\n***"},
		{"escapes without need", `\a \! \#`, `\a ! #`},
		{"character references", "&lt; &copy;", `\< ©`},
		{"definitions that are used", "[a][b]\n\n[b]: https://e.com", "[a](https://e.com)"},
		{"links to mailboxes", "a@b.c", "a@b.c"},
		{"cells", "a|b\n-|-\nc", "| a | b |\n| --- | --- |\n| c |  |"},
		{"columns to the left", "|a|\n|:-|\n|b|", "| a |\n| --- |\n| b |"},
		{"upper case of a box", "- [X] a", "- [x] a"},
	} {
		if m, once := checkRender(t, workers.Text{Raw: tt.md}, workers.ADF); once != tt.want {
			t.Errorf("%s: %q is %q", tt.name, m, once)
		}
	}
	if _, once := checkRender(t, workers.Text{Raw: "a.  b"}, workers.HTML); once != "a. b" {
		t.Errorf("white space in HTML: %q", once)
	}
}

// Hosts of Markdown show what is escaped for MDX, and not the backslashes.
func TestEscapesShow(t *testing.T) {
	t.Parallel()
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	for in, want := range map[string]string{
		"List<T> {x}":        "<p>List&lt;T&gt; {x}</p>",
		"**External ID**: x": "<p><strong>External ID</strong>: x</p>",
		"**AC-US1-01**: x":   "<p><strong>AC-US1-01</strong>: x</p>",
		"# US-001E: x":       "<h3>US-001E: x</h3>",
		":::note":            "<p>:::note</p>",
		"www.e.com<T>":       `<p><a href="http://www.e.com">www.e.com</a>&lt;T&gt;</p>`,
	} {
		var b strings.Builder
		if err := md.Convert([]byte(Render(Markdown(workers.Text{Raw: in}), workers.Markdown)), &b); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(b.String()); got != want {
			t.Errorf("%q shows as %q", in, got)
		}
	}
}

func TestRenderHostile(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"\xff\xfe\x00", strings.Repeat("> ", 10_000) + "a", strings.Repeat("- ", 10_000) + "a", strings.Repeat("*a **b ", 5_000), strings.Repeat("[", 20_000),
		strings.Repeat("![", 5_000) + strings.Repeat("](a)", 5_000), strings.Repeat("é", Max), "<script>alert(1)</script><img src=x onerror=y>", "[a](data:text/html,b) ![c](javascript:d) <a href='javascript:e'>f</a>",
		"|" + strings.Repeat("a|", 2_000) + "\n|" + strings.Repeat("-|", 2_000) + strings.Repeat("\n|b", 2_000),
	} {
		for _, to := range rendered {
			raw := Render(in, to)
			checkRaw(t, raw, to)
			if to == workers.Markdown {
				continue
			}
			if again := Render(Markdown(workers.Text{Raw: raw, Markup: to}), to); again != raw {
				t.Errorf("%s of %.40q: %.200q, then %.200q", to, in, raw, again)
			}
		}
	}
}
