package markup

import (
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

func TestWiki(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"headings", "h1. A\nh2. B\ntext", "### A\n\n#### B\n\ntext"},
		{"marks", "*a* _b_ -c- +d+ ^e^ ~f~ ??g?? {{h{}}} a*b*c 2 - 1", "**a** *b* ~~c~~ d e f *g* `h{}` a\\*b\\*c 2 - 1"},
		{"marks in marks", "*a _b_ c*, {color:red}*d*{color}", "**a *b* c**, **d**"},
		{"escapes", `\*a\* \{code} \[b]`, "\\*a\\* \\{code} [b\\]"},
		{"lines", "a\nb\\\\c\n\nd", "a\\\nb\\\nc\n\nd"},
		{"code", "See {code:java|title=A.java}\nint a = {1};\n* b\n{code} there", "See\n\n**A.java**\n\n```java\nint a = {1};\n* b\n```\n\nthere"},
		{"code without language", "{code}\nx\n{code}", "```\nx\n```"},
		{"noformat", "{noformat}\n  *a*\n{noformat}", "```\n  *a*\n```"},
		{"open code", "a {code:java} b\nc", "a \\{code:java} b\\\nc"},
		{"quotes", "bq. a *b*\n{quote}\nc\n* d\n{quote}", "> a **b**\n\n> c\n>\n> - d"},
		{"panel", "{panel:title=Note|bgColor=#fff}\na\n{code}\nb\n{code}\n{panel}", "> **Note**\n>\n> a\n>\n> ```\n> b\n> ```"},
		{"lists", "* a\n** b\n*# c\n*# d\n* e\n# f\n# g", "- a\n  - b\n  1. c\n  2. d\n- e\n1. f\n2. g"},
		{"a list of hyphens", "- a\n- b\nmore", "- a\n- b\\\n  more"},
		{"a level left out", "*** a\n*** b", "- a\n  - b"},
		{"table", "||A||B||\n|1|[x|https://e.com]|\n|two\nlines|{{a|b}}|", "| A | B |\n| --- | --- |\n| 1 | [x](https://e.com) |\n| two<br />lines | `a\\|b` |"},
		{
			"links", "[text|https://e.com/a] [https://e.com/b_c] [~ann] [~accountid:5b:1] [^a.txt] [mail|mailto:a@b.c] [x|javascript:y] [y|#z] [PROJ-1] [z|PROJ-1] [w|https://e.com|smart-link]",
			"[text](https://e.com/a) [https://e.com/b_c](https://e.com/b_c) @ann @5b:1 (attachment: a.txt) [mail](mailto:a@b.c) x y [PROJ-1] z (PROJ-1) [w](https://e.com)",
		},
		{"bare address", "see https://e.com/a_b?c=d. And http://e.com/_x_", "see https://e.com/a_b?c=d. And [http://e.com/\\_x](http://e.com/_x)\\_"},
		{"images", "!a.png|width=3! !https://e.com/a.png|alt=b! Wow! Really!", "(attachment: a.png) ![b](https://e.com/a.png) Wow! Really!"},
		{"link with a bar", `[a\|b|https://e.com] [\[c\]|https://e.com|t]`, `[a|b](https://e.com) [\[c\]](https://e.com "t")`},
		{"break at the end", `a\\`, "a"},
		{"rule", "a\n----\nb", "a\n\n***\n\nb"},
		{"literal structure", "# US-001E: x\n- **External ID**: y\n---\n<b> {x}", "1. US-001E: x\n- \\*\\*External ID\\*\\*: y\\\n  \\---\\\n  \\<b> \\{x}"},
		{"heading of a story", "h2. External Metadata\nh1. US-001E: x\n* *External ID*: y", "#### External Metadata\n\n### US\\-001E: x\n\n- **External ID**\\: y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Markdown(workers.Text{Raw: tt.in, Markup: workers.Wiki})
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			checkResult(t, got)
		})
	}
}

func TestHostileWiki(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"*a _b ", "{code:x}", "{quote}", "[a|", "!a", "{{", "|a", "|a|\n", "*", "* a\n", "h1. ", "\\", "https://", "{panel:a}{quote}"} {
		got := Markdown(workers.Text{Raw: strings.Repeat(part, 20_000), Markup: workers.Wiki})
		checkResult(t, got)
	}
}

func FuzzWiki(f *testing.F) {
	for _, s := range []string{
		"h1. a\n* b\n*# c", "{code:x}\n{y}\n{code}", "||a||b||\n|c|{{d|e}}|", "[a|javascript:b]", "{quote}{code}x{quote}", "a\\\\# b", "!a.png!", "{{`}}{x}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkResult(t, Markdown(workers.Text{Raw: s, Markup: workers.Wiki})) })
}
