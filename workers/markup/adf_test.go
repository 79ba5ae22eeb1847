package markup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

func TestADF(t *testing.T) {
	t.Parallel()
	const p = `{"type":"paragraph","content":[{"type":"text","text":"%s"}]}`
	para := func(s string) string { return fmt.Sprintf(p, s) }
	list := func(kind, item string, items ...string) string {
		return fmt.Sprintf(`{"type":%q,"content":[{"type":%q,"content":[`, kind, item) + strings.Join(items, fmt.Sprintf(`]},{"type":%q,"content":[`, item)) + `]}]}`
	}
	text := func(s, marks string) string {
		return fmt.Sprintf(`{"type":"paragraph","content":[{"type":"text","text":%q,"marks":[%s]}]}`, s, marks)
	}
	for _, tt := range []struct{ name, in, want string }{
		{"paragraphs", para("a") + "," + para("b"), "a\n\nb"},
		{"literal markup", para("*a* _b_ c_d <e> {f} `g` [h](javascript:i)"), "\\*a\\* \\_b\\_ c_d \\<e> \\{f} \\`g\\` [h\\](javascript:i)"},
		{"literal structure", para("# US-001E: x") + "," + para("- **External ID**: y") + "," + para("---") + "," + para("1. z"), "\\# US-001E: x\n\n\\- \\*\\*External ID\\*\\*: y\n\n\\---\n\n1\\. z"},
		{"heading", `{"type":"heading","attrs":{"level":1},"content":[{"type":"text","text":"A"}]},{"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"B"}]}`, "### A\n\n#### B"},
		{
			"marks", text(" a ", `{"type":"strong"},{"type":"em"}`) + "," + text("b", `{"type":"strike"},{"type":"underline"},{"type":"textColor","attrs":{"color":"#fff"}}`) + "," +
				text("c{}", `{"type":"code"}`) + "," + text("d", `{"type":"link","attrs":{"href":"https://e.com/(x)"}}`) + "," + text("e", `{"type":"link","attrs":{"href":"javascript:x"}}`) + "," + text("2", `{"type":"subsup","attrs":{"type":"sup"}}`),
			"***a***\n\n~~b~~\n\n`c{}`\n\n[d](https://e.com/%28x%29)\n\ne\n\n2",
		},
		{"lists", list("bulletList", "listItem", para("a")+","+list("orderedList", "listItem", para("b"), para("c")), para("d")), "- a\n  1. b\n  2. c\n- d"},
		{"order", `{"type":"orderedList","attrs":{"order":9},"content":[{"type":"listItem","content":[` + para("a") + `]},{"type":"listItem","content":[` + para("b") + `,` + para("c") + `]}]}`, "9. a\n10. b\n\n    c"},
		{"tasks", `{"type":"taskList","attrs":{"localId":"1"},"content":[{"type":"taskItem","attrs":{"localId":"2","state":"DONE"},"content":[{"type":"text","text":"a"}]},{"type":"taskList","content":[{"type":"taskItem","attrs":{"state":"TODO"},"content":[{"type":"text","text":"b"}]}]}]}`, "- [x] a\n  - [ ] b"},
		{"decisions", `{"type":"decisionList","content":[{"type":"decisionItem","attrs":{"state":"DECIDED"},"content":[{"type":"text","text":"a"}]}]}`, "- Decision: a"},
		{"code", `{"type":"codeBlock","attrs":{"language":"js"},"content":[{"type":"text","text":"a = {}\n` + "```" + `\n"}]}`, "````js\na = {}\n```\n````"},
		{"quote", `{"type":"blockquote","content":[` + para("a") + "," + para("b") + `]}`, "> a\n>\n> b"},
		{"panel", `{"type":"panel","attrs":{"panelType":"warning"},"content":[` + para("a") + `]}`, "> **Warning**\n>\n> a"},
		{"rule", para("a") + `,{"type":"rule"},` + para("b"), "a\n\n***\n\nb"},
		{"table", `{"type":"table","attrs":{"layout":"default"},"content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[` + para("A") + `]},{"type":"tableHeader","attrs":{"colspan":2},"content":[` + para("B|C") + `]}]},` +
			`{"type":"tableRow","content":[{"type":"tableCell","attrs":{"rowspan":2},"content":[` + para("1") + "," + para("2") + `]},{"type":"tableCell","content":[]},{"type":"tableCell","content":[` + list("bulletList", "listItem", para("x"), para("y")) + `]}]},` +
			`{"type":"tableRow","content":[{"type":"tableCell","content":[` + para("3") + `]}]}]}`, "| A | B\\|C |  |\n| --- | --- | --- |\n| 1<br />2 |  | - x<br />- y |\n|  | 3 | |"},
		{"table without a header", `{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[` + para("1") + `]}]}]}`, "| |\n| --- |\n| 1 |"},
		{"media", `{"type":"mediaSingle","content":[{"type":"media","attrs":{"type":"file","id":"6e7c","alt":"shot.png","collection":""}},{"type":"caption","content":[{"type":"text","text":"A shot"}]}]}`, "(attachment: shot.png)\n\nA shot"},
		{"media elsewhere", `{"type":"mediaGroup","content":[{"type":"media","attrs":{"type":"external","url":"https://e.com/a.png"}},{"type":"media","attrs":{"type":"external","url":"data:x","alt":"b"}}]}`, "![](https://e.com/a.png)\n\n(image: b)"},
		{
			"cards", `{"type":"paragraph","content":[{"type":"inlineCard","attrs":{"url":"https://e.com/a_b"}},{"type":"mediaInline","attrs":{"type":"file","id":"1"}}]},{"type":"blockCard","attrs":{"data":{"url":"https://e.com","name":"E"}}},{"type":"embedCard","attrs":{"url":"https://e.com","layout":"wide"}}`,
			"[https://e.com/a_b](https://e.com/a_b)(attachment: 1)\n\n[E](https://e.com)\n\n[https://e.com](https://e.com)",
		},
		{
			"inline nodes", `{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"5b10","text":"@Ann_"}},{"type":"hardBreak"},{"type":"emoji","attrs":{"shortName":":grin:","text":"😀"}},{"type":"text","text":" "},{"type":"date","attrs":{"timestamp":"-86400000"}},{"type":"text","text":" "},{"type":"status","attrs":{"text":"Done","color":"green"}},{"type":"placeholder","attrs":{"text":"fill in"}},{"type":"inlineExtension","attrs":{"text":"ext"}}]}`,
			"@Ann\\_\\\n😀 1969-12-31 **Done**fill inext",
		},
		{"expand", `{"type":"expand","attrs":{"title":"More"},"content":[{"type":"nestedExpand","attrs":{"title":"Yet"},"content":[` + para("a") + `]}]}`, "**More**\n\n**Yet**\n\na"},
		{"layout", `{"type":"layoutSection","content":[{"type":"layoutColumn","attrs":{"width":50},"content":[` + para("a") + `]},{"type":"layoutColumn","content":[` + para("b") + `]}]}`, "a\n\nb"},
		{"extensions", `{"type":"extension","attrs":{"text":"macro","extensionKey":"k"}},{"type":"bodiedExtension","attrs":{},"content":[` + para("a") + `]}`, "macro\n\na"},
		{"unknown", `{"type":"new","content":[{"type":"newer","text":"a"},` + para("b") + `]},{"type":"newest","attrs":{"text":5}}`, "a\n\nb"},
		{"marks over texts", `{"type":"paragraph","content":[{"type":"text","text":"a ","marks":[{"type":"strong"}]},{"type":"text","text":"b","marks":[{"type":"em"},{"type":"strong"}]},{"type":"text","text":"c:","marks":[{"type":"strong"}]},{"type":"text","text":"d"}]}`, "**a *b*c**:d"},
		{"lists next to each other", list("bulletList", "listItem", para("a")) + "," + list("bulletList", "listItem", para("b")), "- a\n\n* b"},
		{"break at the end", `{"type":"paragraph","content":[{"type":"text","text":"a "},{"type":"hardBreak"}]}`, "a"},
		{"addresses", `{"type":"paragraph","content":[{"type":"text","text":"https://e.com/a","marks":[{"type":"link","attrs":{"href":"https://e.com/a"}}]},{"type":"text","text":", https://e.com/_b"}]}`, "https://e.com/a, [https://e.com/\\_b](https://e.com/_b)"},
		{"aligned", `{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","marks":[{"type":"alignment","attrs":{"align":"end"}}],"content":[{"type":"text","text":"A"}]}]}]}]}`, "| A |\n| ---: |"},
		{"wrong types", `{"type":"heading","attrs":{"level":"x"},"content":[{"type":"text","text":"A"}]},{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","attrs":{"colspan":1e300}}]}]}`, "### A\n\n" + "|" + strings.Repeat(" |", 64) + "\n|" + strings.Repeat(" --- |", 64) + "\n|" + strings.Repeat("  |", 64)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Markdown(workers.Text{Raw: `{"version":1,"type":"doc","content":[` + tt.in + `]}`, Markup: workers.ADF})
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			checkResult(t, got)
		})
	}
}

func TestNoADF(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "null": "", "{}": "", `"a *b*"`: `a \*b\*`, "h1. a": "h1. a", `{"type":"doc","content":5}`: `\{"type":"doc","content":5}`,
	} {
		if got := Markdown(workers.Text{Raw: in, Markup: workers.ADF}); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHostileADF(t *testing.T) {
	t.Parallel()
	deep := func(kind string, n int) string {
		return strings.Repeat(`{"type":"`+kind+`","content":[`, n) + `{"type":"text","text":"end"}` + strings.Repeat("]}", n)
	}
	for _, kind := range []string{"blockquote", "bulletList", "listItem", "expand", "table", "tableRow", "tableCell", "paragraph", "new"} {
		got := Markdown(workers.Text{Raw: deep(kind, 3000), Markup: workers.ADF})
		if !strings.Contains(got, "end") {
			t.Errorf("%s: the text is gone: %q", kind, head(got, 200))
		}
		checkResult(t, got)
	}
}

func FuzzADF(f *testing.F) {
	f.Add(`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"hardBreak"},{"type":"text","text":"# b"}]}]}`)
	f.Add(`{"type":"codeBlock","content":[{"type":"text","text":"{x}"}]}`)
	f.Add(`{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"codeBlock","content":[{"type":"text","text":"a|{b}"}]}]}]}]}`)
	f.Fuzz(func(t *testing.T, s string) { checkResult(t, Markdown(workers.Text{Raw: s, Markup: workers.ADF})) })
}
