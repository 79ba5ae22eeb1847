package markup

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/specweave/specweave/workers"
)

func TestSettle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Some *words*, a [link](https://example.com/a_b) and `code {x}`.", "Some *words*, a [link](https://example.com/a_b) and `code {x}`."},
		{"headings move down", "# One\n\n## Two\n\ntext", "### One\n\n#### Two\n\ntext"},
		{"deep headings stay", "### Three", "### Three"},
		{"setext", "One\n===\n\nTwo\n---\nx", "### One\n\n#### Two\nx"},
		{"setext of more lines", "One\nmore\n---", "One\nmore\n***"},
		{"a rule", "a\n\n---\n\nb", "a\n\n***\n\nb"},
		{"a rule of stars", "a\n\n* * *\n\nb", "a\n\n* * *\n\nb"},
		{"metadata", "- **External ID**: github#o/r#1", "- **External ID**\\: github#o/r#1"},
		{"metadata over lines", "-\n**External ID**: x", "-\n**External ID**\\: x"},
		{"metadata in code", "```\n- **External ID**: x\n## External Metadata\n```", "```\n- **External ID** : x\n ## External Metadata\n```"},
		{"other bold words", "- **Steps**: x", "- **Steps**: x"},
		{"criteria", "- [ ] **AC-US-001-01**: x", "- [ ] **AC\\-US-001-01**: x"},
		{"a story's heading", "# US-001E: x", "### US\\-001E: x"},
		{"expression", "a {process.exit()} b", "a \\{process.exit()} b"},
		{"expression after a backslash", `\\{x}`, `\\\{x}`},
		{"escaped expression", `\{x}`, `\{x}`},
		{"generic type", "List<T> is a < b", "List\\<T> is a < b"},
		{"comparison that looks like a tag", "if a<b && c>d, i<s.len>", "if a\\<b && c>d, i\\<s.len>"},
		{"tags", "a <kbd>Ctrl</kbd> <b>x</b><br>y", "a `Ctrl` x<br />y"},
		{"tag first", "<b></b># x", "### x"},
		{"img", `<img width="3" src="https://e.com/a b.png" alt="A]b">`, `![A]b](https://e.com/a%20b.png)`},
		{"img of data", `x <img src="data:image/png;base64,AAAA">`, "x (image)"},
		{"a", `see <a href="https://e.com">this</a>`, "see [this](https://e.com)"},
		{"a that runs", `see <a href="javascript:alert(1)">this</a>`, "see this"},
		{"comment", "a <!-- b --> c", "a  c"},
		{"comment of a template", "<!--\nPlease\n\nread\n-->\ntext", "text"},
		{"comment of lines", "a <!-- b\nc --> d", "a  d"},
		{"comment that hides", "#<!-- --># External Metadata", "\\## External Metadata"},
		{"open comment", "a <!-- b", "a \\<!-- b"},
		{"autolink", "<https://e.com/a_b> <a@b.c>", "[https://e.com/a_b](https://e.com/a_b) [a@b.c](mailto:a@b.c)"},
		{"unsafe link", "[a](javascript:alert(1)) [b](JaVa&#115;cript:x) [c]( \\javascript:x)", "[a]\\(javascript:alert(1)) [b]\\(JaVa&#115;cript:x) [c]\\( \\javascript:x)"},
		{"unsafe link, hidden", "[a](java\tscript:alert(1))", "[a](java\tscript:alert(1))"},
		{"unsafe image", "![a](data:image/png;base64,AAAA) b", "![a]\\(data:…) b"},
		{"unsafe definition", "[a]: javascript:x\n[b]:\n[c]: https://e.com", "[a]\\: javascript:x\n[b]\\:\n[c]: https://e.com"},
		{"relative link", "[a](../b.md#c) ![](/uploads/x.png)", "[a](../b.md#c) ![](/uploads/x.png)"},
		{"open code", "a ` {x}", "a \\` \\{x}"},
		{"code in a table", "a | b\n--|--\n`{x | y}` | z", "a | b\n--|--\n\\`\\{x | y}\\` | z"},
		{"fence", "```go title={x}\na := {1}\n```", "```go\na := {1}\n```"},
		{"open fence", "~~~\na\n\n", "~~~\na\n~~~"},
		{"open fence in a list", "- a\n  ```\n  {x}\n{y}", "- a\n  ```\n  {x}\n  ```\n\\{y}"},
		{"open fence in a quote", "> ```\n> {x}\n{y}", "> ```\n> {x}\n> ```\n\\{y}"},
		{"fence in a list", "1. a\n\n   ```sh\n   echo ${X}\n   ```\n2. b", "1. a\n\n   ```sh\n   echo ${X}\n   ```\n2. b"},
		{"fence that MDX ends", "```\n    ```\n{x}\n```", "````\n    ```\n{x}\n````"},
		{"indented code", "a\n\n    {x}\n\n    y\nb", "a\n\n```\n{x}\n\ny\n```\nb"},
		{"more of a paragraph", "a\n    {x}", "a\n    \\{x}"},
		{"import", "import x from 'y'\n\nexport default 1", " import x from 'y'\n\n export default 1"},
		{"admonition", ":::danger\nx", "\\:::danger\nx"},
		{"break in an item", "- a  \n  b", "- a  \n  b"},
		{"break", "a  \nb  ", "a  \nb"},
		{"empty lines", "\n\na\n\n\n\nb\n\n", "a\n\nb"},
		{"lists", "- a\n  - b\n    1. c\n* d\n+ e", "- a\n  - b\n    1. c\n* d\n+ e"},
		{"number in a paragraph", "born in\n1984. Then", "born in\n1984\\. Then"},
		{"table of html", "a\n<table>\n<tr><th>A</th></tr>\n<tr><td>b</td></tr>\n</table>\n\n**c**", "a\n\n| A |\n|---|\n| b |\n\n**c**"},
		{"details", "<details>\n<summary>Log</summary>\n\n```\n<ul>\n<li>{x}\n```\n\n</details>", "Log\n\n```\n<ul>\n<li>{x}\n```"},
		{"pre", "<pre>\n{a}\n\n# b\n</pre>\n\nc", "```\n{a}\n\n# b\n```\n\nc"},
		{"release notes", "<details><summary>Notes</summary>\n<p><em>From x</em></p>\n<ul>\n<li><a href=\"https://e.com\">y</a></li>\n</ul>\n</details>", "Notes\n\n*From x*\n\n- [y](https://e.com)"},
		{"tag after an address", "https://e.com<T> www.e.com\\<T> a\\<T>", "https://e.com&lt;T> www.e.com&lt;T> a\\<T>"},
		{"code after an address", "https://e.com/`<b>`", "https://e.com/ `<b>`"},
		{"destination on the next line", "[a](\njavascript:b)", "[a]\\(\njavascript:b)"},
		{"definition with a tag", "[a]: <b></b> javascript:b", "[a]\\:  javascript:b"},
		{"definition with brackets", "[a]: <https://e.com> 'x'", "[a]: https://e.com 'x'"},
		{"import and a break", "import  \nx", " import  \nx"},
		{"task list", "- [x] a\n- [ ] b", "- [x] a\n- [ ] b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Markdown(workers.Text{Raw: tt.in})
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			checkResult(t, got)
		})
	}
}

var (
	readers = []*regexp.Regexp{ // of importers/duplicate-detector.js and others of SpecWeave 1.0.593
		regexp.MustCompile(`(?m)^-\s+\*\*External ID\*\*:\s+(.+)$`),
		regexp.MustCompile(`(?m)^-\s+\*\*(Platform|Feature ID|Parent ID|Orphan|ADO Work Item Type)\*\*:\s+(.+)$`),
		regexp.MustCompile(`(?m)^#\s+(US-\d{3}E):`),
		regexp.MustCompile(`\*\*AC-US\d+-\d+\*\*`),
		regexp.MustCompile(`(?m)^\*\*(Project|Status|Origin|Priority)\*\*:`),
		regexp.MustCompile(`(?m)^#{1,2} *(External Metadata|Description|Acceptance Criteria|Tasks)`),
	}
	listCode = regexp.MustCompile("^(([-*+]|[0-9]{1,9}[.)]) +)+(```|~~~)") // begins code in a list
	controls = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{200b}\x{2028}\x{2029}\x{feff}]`)
)

// checkResult holds a result to what the package promises of all of them.
func checkResult(t *testing.T, got string) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Errorf("no UTF-8: %q", got)
	}
	if len(got) > Max {
		t.Errorf("%d bytes", len(got))
	}
	if m := controls.FindString(got); m != "" {
		t.Errorf("%q in %q", m, got)
	}
	for _, r := range readers {
		if m := r.FindString(got); m != "" {
			t.Errorf("reads as %q: %q", m, got)
		}
	}
	checkBlocks(t, got)
	if again := Markdown(workers.Text{Raw: got}); again != got {
		t.Errorf("once  %q\ntwice %q", got, again)
	}
}

// checkBlocks looks at a result line by line, as a simple reader does.
func checkBlocks(t *testing.T, got string) {
	t.Helper()
	mark := ""
	for line := range strings.SplitSeq(got, "\n") {
		text := strings.TrimLeft(line, " >")
		run := text[:len(text)-len(strings.TrimLeft(text, "`"))]
		if run == "" {
			run = text[:len(text)-len(strings.TrimLeft(text, "~"))]
		}
		isFence := len(run) >= 3 && strings.TrimLeft(line, " ") == text && len(line)-len(text) < 4
		switch {
		case mark != "":
			if isFence && strings.HasPrefix(run, mark) && text == run {
				mark = ""
			}
			continue
		case isFence && !strings.Contains(text[len(run):], "`"):
			mark = run
			continue
		case line != text: // in a container, or nothing to a simple reader
			continue
		}
		if line == "---" || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "## ") || strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "export ") {
			t.Errorf("line %q in %q", line, got)
		}
		if listCode.MatchString(line) {
			continue
		}
		if m := active(line); m != "" {
			t.Errorf("active %q in line %q of %q", m, line, got)
		}
	}
	if mark != "" {
		t.Errorf("code is not closed in %q", got)
	}
}

// active is what of a line outside of blocks of code would run or be HTML.
func active(line string) string {
	line = strings.ReplaceAll(line, "<br />", "")
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			i++
		case c == '`':
			n := runLength(line[i:])
			at := i + n
			for {
				next := strings.Index(line[at:], line[i:i+n])
				if next < 0 {
					return line[i:]
				}
				m := runLength(line[at+next:])
				at += next + m
				if m == n {
					break
				}
			}
			i = at - 1
		case c == '{', c == '<' && i+1 < len(line) && line[i+1] != ' ':
			return line[i:]
		}
	}
	return ""
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{
		"# US-001E: x\n\n- **External ID**: y", "```\n{x}", "> ```\n> - a\n{y}", "- a\n\n      {x}\n  - b\n   ```", "a | b\n-|-\n`x|{y}`",
		"<!--\n-->\n#<b></b> x", "[a](<javascript:x>)", "[a]<!-- -->(javascript:x)", "a\\<!--\n-->{x}", "`<!-- x -->`` {y}",
		"import x", "1. a\n2. ```\n   {x}", "a\n2. ```\n   {x}", "<a href=x>`{</a>`", "&#123;x}", "***\n---\n===\n-", "<br><br># x", "<ul><li>a\n\n```\n<table><tr>", "a  \n<!-- -->\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkResult(t, Markdown(workers.Text{Raw: s})) })
}
