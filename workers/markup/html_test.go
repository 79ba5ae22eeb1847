package markup

import (
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"plain text", "a # b\n# c", "a # b\n\\# c"},
		{"paragraphs", "<div>One</div><div><br></div><div>Two &amp; <b>three</b></div>", "One\n\nTwo & **three**"},
		{"headings", "<h1>A</h1><h2>B</h2>", "### A\n\n#### B"},
		{"lists", "<ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>", "- a\n\n  - b\n\n    1. c\n- d"},
		{"code", "<pre><code class=\"language-go\">a := map[string]int{}\n\n\n# b</code></pre>", "```go\na := map[string]int{}\n\n\n# b\n```"},
		{"inline code", "<p>Use <code>{x}</code></p>", "Use `{x}`"},
		{"table", "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2|3</td></tr></table>", "| A | B |\n|---|---|\n| 1 | 2\\|3 |"},
		{"table with lines", "<table><tr><td>A<br>b</td><td>B</td></tr></table>", "| A  <br />b | B |\n|---|---|"},
		{"mention", `<a href="#" data-vss-mention="version:2.0,6cd34">@Ann Lee</a> please`, "@Ann Lee please"},
		{"work item", `See <a href="https://dev.azure.com/acme/Web/_workitems/edit/5" data-vss-mention="version:1.0">#5</a>`, "See [#5](https://dev.azure.com/acme/Web/_workitems/edit/5)"},
		{"link", `<a href="https://e.com/a?b=c&amp;d=e">x</a>`, "[x](https://e.com/a?b=c&d=e)"},
		{"script link", `<a href="java&#9;script:alert(1)">x</a><script>alert(1)</script><style>a{}</style>`, "x"},
		{"image", `<img src="https://dev.azure.com/o/_apis/wit/attachments/1?fileName=a.png" alt="a.png">`, "![a.png](https://dev.azure.com/o/_apis/wit/attachments/1?fileName=a.png)"},
		{"data image", `<p><img src="data:image/png;base64,AAAA" alt="shot"></p>`, "(image: shot)"},
		{"literal markup", "<p>&lt;div&gt; {x} *a* # b `c`</p>", "&lt;div&gt; \\{x} \\*a* # b \\`c\\`"},
		{"literal structure", "<div># US-001E: x</div><div>- **External ID**: y</div><div>---</div><div>import x</div>", "\\# US-001E: x\n\n\\- \\*\\*External ID\\*\\*: y\n\n\\---\n\n import x"},
		{"bold structure", "<ul><li><b>External ID</b>: x</li></ul><h2>External Metadata</h2>", "- **External ID**\\: x\n\n### External Metadata"},
		{"check boxes", `<ul><li><input type="checkbox" checked>a</li><li><input type="checkbox">b</li></ul>`, "- [x] a\n- [ ] b"},
		{"struck", "<s>a</s> <del>b</del>", "~~a~~ ~~b~~"},
		{"hidden controls", "a&#7;b&#8238;c&#8203;d", "abcd"},
		{"hidden in attributes", `a <a href="https://e.com/&#xf003;b" title="&#xf004;t">b</a> c`, `a [b](https://e.com/b "t") c`},
		{"lists next to each other", "<ul><li>a</li></ul><ul><li>b</li></ul><ol><li>c</li></ol> <ol><li>d</li></ol><ol><li>e</li></ol>", "- a\n\n* b\n\n1. c\n\n1) d\n\n1. e"},
		{"punctuation in marks", "<b>Note:</b>text <i>(a)</i>b <b>c:</b> d", "**Note**:text *(a*)b **c:** d"},
		{"address", `<a href="https://e.com/a">https://e.com/a</a>, https://e.com/a_b`, "https://e.com/a, [https://e.com/a\\_b](https://e.com/a_b)"},
		{"character references as text", "<p>&amp;lt; &amp;amp;</p>", "&amp;lt; &amp;amp;"},
		{"code in cells", "<table><tr><th><code>a|b</code></th></tr></table>", "| `a\\|b` |\n|---|"},
		{"start of a quote", "<blockquote><p># a</p><p>* <b>b</b></p></blockquote>", "> \\# a\n>\n> \\* **b**"},
		{"not closed", "<div><b>a<i>b", "**a*b***"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Markdown(workers.Text{Raw: tt.in, Markup: workers.HTML})
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			checkResult(t, got)
		})
	}
}

func TestHostileHTML(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"deep":   strings.Repeat("<div>", 100_000) + "end",
		"300":    strings.Repeat("<div>", 300) + "end",
		"lists":  strings.Repeat("<ul><li>", 200) + "end",
		"quotes": strings.Repeat("<blockquote>", 400) + "end",
		"bold":   strings.Repeat("<b>", 100_000) + "end",
		"table":  "<table><tr>" + strings.Repeat("<td>x", 5000) + strings.Repeat("<tr><td>y", 20_000) + "<tr><td>end</table>",
		"span":   `<table><tr><td colspan="999999999" rowspan="999999999">x</td></tr><tr><td>end</table>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Markdown(workers.Text{Raw: in, Markup: workers.HTML})
			if !strings.Contains(got, "end") {
				t.Errorf("the text is gone: %d bytes", len(got))
			}
			checkResult(t, got)
		})
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"<ul><li>a<pre>{x}", "<table><tr><td>a|b<td><code>{x|y}</code>", "<a href='javascript:x'>b", "<h1># a", "<pre>```\n{x}", "<b>External ID</b>: x",
		"<p>&lt;!-- {x} --&gt;", "<blockquote><pre>a</pre><ul><li>b", "<code>`</code>{x}", "<br>---<br>- x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkResult(t, Markdown(workers.Text{Raw: s, Markup: workers.HTML})) })
}
