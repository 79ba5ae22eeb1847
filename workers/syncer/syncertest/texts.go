package syncertest

import (
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// hard are texts that not every tracker has a form for, and some that look like
// what they are not.
var hard = []string{
	"- [ ] to do\n- [x] done\n  - [ ] below\n\nAfter.",
	"Before.\n\n<!-- nobody sees this -->\n\nAfter.",
	"<details>\n<summary>More</summary>\n\nHidden *text*.\n\n</details>",
	"````md\n```go\nx := 1\n```\n````\n\n~~~\ntildes\n~~~\n\n    indented\n\nAfter.",
	"### Small\n\n#### Smaller\n\nText.",
	"| A | B |\n| :-- | --: |\n| a \\| b | `c` |\n| | **d** |",
	"One line\\\nanother, and a soft\nbreak, ![image](https://example.com/a.png) <https://example.com> https://example.com/b_c_d.",
	"> quoted\n>\n> - list\n\n---\n\nAfter a rule.",
	"- **Who**: ann\n- **External ID**: none\n\n**Status**: Completed\n\nAfter.",
	"@ann #12 !3 ~bug\n\n/close\n/label ~bug",
	"2 * 3 * 4, snake_case_name, a < b && c > d, &amp; \\*not\\* [no link] ~~gone~~ H~2~O",
	"עברית وعربي 👩‍👩‍👧 ﬁ é é 🇩🇪\u00a0x",
	"1. one\n\n   with a paragraph\n\n2. two\n   - a\n     1. b\n\n5) other\n\n+ plus",
	"Footnote[^1].\n\n[^1]: The note.\n\nTerm\n: Definition\n\n$x^2$ and {braces} {{twice}} ${z} h1. bq. {code}",
	"<b>bold</b><br>line <script>alert(1)</script> <img src=x>\n\n<div align=\"center\">\n\ncentred\n\n</div>",
	"Text <!-- specweave:abc123 --> and more",
	"[//]: # (a comment)\n\n[ref]: https://example.com\n\nA [ref] and [text][ref].",
	"\\# no heading\n\n\\- no list\n\n1\\. neither\n\nTitle\n=====\n\nSub\n---\n\nAfter.",
	"a",
}

// texts are written here, each to an item of its own, and then other things are
// changed on both sides.
func (s suite) texts(t *testing.T) {
	t.Helper()
	s.bubble(t, "ours", func(r *rig) {
		want := r.fill(len(hard))
		edit := func(name string, do func(s *state, text string)) {
			r.Helper()
			var lines []string
			for i := range want {
				n := r.world.Last().Number - int64(i)
				do(&want[i], hard[i])
				r.edit(n, r.here(n), want[i])
				lines = append(lines, "updated there "+r.id(n)+": "+name)
			}
			r.says(lines...)
			r.all(want)
		}
		edit("description", func(s *state, text string) { s.Body = text })
		edit("comment added", func(s *state, text string) { s.Comments = []string{text} })
		edit("acceptance criteria", func(s *state, _ string) { s.Criteria = []string{"it works"} })
		r.quiet()
		var lines []string
		for i := range want {
			n := r.world.Last().Number - int64(i)
			was := r.there(n)
			theirs := was
			want[i].Title, theirs.Title = "Theirs", "Theirs"
			r.put(n, was, theirs)
			lines = append(lines, "updated here "+r.id(n)+": ")
		}
		r.says(lines...)
		r.all(want)
		edit("acceptance criteria", func(s *state, _ string) { s.Criteria = nil })
		edit("title", func(s *state, _ string) { s.Title = "Ours" })
		r.quiet()
	})
}

// fill makes items, each with a story, and returns what they say, the newest
// first.
func (r *rig) fill(n int) []state {
	r.Helper()
	for range n {
		r.world.Make(func(i *providertest.Issue) { i.Title, i.Body = "Another", "Another text." })
	}
	r.sync()
	all := make([]state, n)
	for i := range all {
		all[i] = r.here(r.world.Last().Number - int64(i))
	}
	return all
}

// all wants the newest items and their stories to be so, and the stories as they
// were written.
func (r *rig) all(want []state) {
	r.Helper()
	for i, w := range want {
		r.kept(r.world.Last().Number-int64(i), w)
	}
}

// native are texts of a tracker, which Markdown may have no form for.
var native = map[workers.Markup][]string{
	workers.Markdown: append([]string{"# Top\n\n## Second\r\n\r\nWindows\r\n", "\n\n  leading\n\ttab", "```\nnever closed", "- **External ID**: github#a/b#1\n\n## External Metadata\n\n- **Labels**: x"}, hard...),
	workers.HTML: {
		"<div>One</div><div><br></div><div>Two&nbsp; <b>bold</b> <font color=red>red</font></div>",
		"<h1>Top</h1><h2>Second</h2><p>x<br>y</p><pre>a\n  b</pre><table><tr><td>a</td><td colspan=2>b</td></tr></table>",
		"<ul><li>a<ol><li>b</li></ol></li></ul><img src=\"https://example.com/a.png\" width=3><a href=\"#\" data-vss-mention=\"version:2.0,x\">@Ann</a>",
		"plain & simple < text", "<!-- hidden -->", "<script>alert(1)</script>",
	},
	workers.Wiki: {
		"h1. Top\n\nh2. Second\n\n*bold* _it_ -gone- +ins+ ^up^ ~down~ {{mono}} [link|https://example.com] [~ann] !image.png|thumbnail!",
		"||A||B||\n|a|b|\n\n* one\n** two\n# first\n\n{code:java}\nint x = 1;\n{code}\n\n{panel:title=T}in{panel}\n\n{quote}q{quote}",
		"{color:red}red{color} {noformat}*x*{noformat} \\\\ break ---- (/) (!) h3. not", "----\nbq. quote\r\nline",
	},
	workers.ADF: {
		`{"type":"doc","version":1,"content":[{"type":"panel","attrs":{"panelType":"info"},"content":[{"type":"paragraph","content":[{"type":"text","text":"in"}]}]},{"type":"paragraph"}]}`,
		`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"712020:ann","text":"@ann"}},{"type":"text","text":" "},{"type":"emoji","attrs":{"shortName":":smile:","text":"😄"}},{"type":"hardBreak"},{"type":"text","text":"u","marks":[{"type":"underline"},{"type":"textColor","attrs":{"color":"#ff0000"}}]},{"type":"date","attrs":{"timestamp":"1582152559"}},{"type":"status","attrs":{"text":"DONE","color":"green","localId":"x"}}]}]}`,
		`{"type":"doc","version":1,"content":[{"type":"taskList","attrs":{"localId":"a"},"content":[{"type":"taskItem","attrs":{"localId":"b","state":"DONE"},"content":[{"type":"text","text":"done"}]}]},{"type":"expand","attrs":{"title":"More"},"content":[{"type":"paragraph","content":[{"type":"text","text":"x"}]}]},{"type":"rule"},{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"id":"1","type":"file","collection":"c"}}]}]}`,
		`{"type":"doc","version":1,"content":[]}`,
	},
}

// native are read, and something else is changed here: then they are there as
// they were.
func (s suite) native(t *testing.T) {
	t.Helper()
	s.bubble(t, "theirs", func(r *rig) {
		all := native[r.able.Markup]
		want := r.fill(len(all))
		var lines []string
		at := func(i int) int64 { return r.world.Last().Number - int64(i) }
		for i, text := range all {
			id, now := r.world.NewID(), r.world.Now()
			r.world.Edit(at(i), func(i *providertest.Issue) {
				i.Body, i.Comments = text, []providertest.Comment{{ID: id, Author: "ann", Created: now, Body: text}}
			})
			lines = append(lines, "updated here "+r.id(at(i))+": ")
		}
		r.says(lines...)
		r.quiet()
		lines = nil
		for i := range all {
			was := r.here(at(i))
			want[i] = was
			want[i].Title, want[i].Status = "Ours", workers.StatusInProgress
			r.edit(at(i), was, want[i])
			lines = append(lines, "updated there "+r.id(at(i))+": title, status")
		}
		r.says(lines...)
		r.quiet()
		for i, text := range all {
			n := at(i)
			r.same("the story", want[i], r.here(n))
			for _, issue := range r.world.Issues(func(o providertest.Issue) bool { return o.Number == n }) {
				if issue.Body != text || issue.Comments[0].Body != text {
					r.Errorf("%q became %q, %q", text, issue.Body, issue.Comments[0].Body)
				}
			}
		}
		if r.able.Markup == workers.Markdown && !r.able.Criteria {
			r.around(all)
		}
	})
}

// around changes the criteria of the newest items, which are a part of their
// texts: what else is in those stays as it is there, also if no story has it.
func (r *rig) around(texts []string) {
	r.Helper()
	var lines []string
	for i := range texts {
		n := r.world.Last().Number - int64(i)
		was := r.here(n)
		want := was
		want.Criteria = []string{"it works", "it lasts"}
		r.edit(n, was, want)
		lines = append(lines, "updated there "+r.id(n)+": acceptance criteria")
	}
	r.says(lines...)
	r.quiet()
	for i, text := range texts {
		body := r.there(r.world.Last().Number - int64(i)).Body
		if !strings.Contains(text, "never closed") && body != strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) {
			r.Errorf("%q became %q", text, body)
		}
	}
}
