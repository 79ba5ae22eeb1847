package syncertest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// kept are texts of trackers of which a part is changed here, and what they have
// to be then: of the rest a story does not know all.
var kept = map[workers.Markup]struct{ before, after string }{
	workers.Markdown: {
		"# Intro\n\nBefore.\n\n<!-- keep this -->\n\n<details open>\n<summary>More</summary>\n\n<b>bold</b> text, and\na line\n\n</details>\n\n## Steps\n\n* a\n* b",
		"# Intro\n\nAfter.\n\n<!-- keep this -->\n\n<details open>\n<summary>More</summary>\n\n<b>bold</b> text, and\na line\n\n</details>\n\n## Steps\n\n* a\n* b",
	},
	workers.HTML: {
		`<p>Before.</p><div><br/></div><p style="color:red">Red, and <a data-vss-mention="version:2.0,x" href="#">@Ann</a></p><table class="wide"><tbody><tr><td>a</td></tr></tbody></table>`,
		`<p>After.</p><div><br/></div><p style="color:red">Red, and <a data-vss-mention="version:2.0,x" href="#">@Ann</a></p><table class="wide"><tbody><tr><td>a</td></tr></tbody></table>`,
	},
	workers.Wiki: {
		"h1. Intro\n\nBefore.\n\n[~ann], {color:red}red\n\nstill{color}\n\n!image.png|thumbnail!\n\n{panel:title=T|bgColor=#fff}in{panel}",
		"h1. Intro\n\nAfter.\n\n[~ann], {color:red}red\n\nstill{color}\n\n!image.png|thumbnail!\n\n{panel:title=T|bgColor=#fff}in{panel}",
	},
	workers.ADF: {
		`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"Before."}]},` + rich + `]}`,
		`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"After."}]},` + rich + `]}`,
	},
}

const rich = `{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"712020:ann","text":"@ann","accessLevel":""}},{"type":"text","text":"u","marks":[{"type":"underline"}]}]},` +
	`{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"id":"1","type":"file","collection":"c","width":200}}]},` +
	`{"type":"expand","attrs":{"title":"More"},"content":[{"type":"paragraph","content":[{"type":"date","attrs":{"timestamp":"1582152559000"}}]}]},{"type":"paragraph","content":[]}`

// kept changes one paragraph here: the tracker's others stay as they are there.
func (s suite) kept(t *testing.T) {
	t.Helper()
	s.bubble(t, "kept", func(r *rig) {
		text := kept[r.able.Markup]
		id, now := r.world.NewID(), r.world.Now()
		r.world.Edit(1, func(i *providertest.Issue) {
			i.Body, i.Comments = text.before, []providertest.Comment{{ID: id, Author: "ann", Created: now, Body: text.before}}
		})
		r.says("updated here " + r.id(1) + ": ")
		was := r.here(1)
		want := was
		want.Body = strings.Replace(was.Body, "Before.", "After.", 1)
		want.Comments = []string{strings.Replace(was.Comments[0], "Before.", "After.", 1)}
		r.edit(1, was, want)
		r.says("updated there "+r.id(1)+": description", "updated there "+r.id(1)+": comment changed")
		r.same("the story", want, r.here(1))
		for _, issue := range r.world.Issues(func(o providertest.Issue) bool { return o.Number == 1 }) {
			for _, now := range []string{issue.Body, issue.Comments[0].Body} {
				if now, _ = workers.CutMark(now); now != text.after && !sameJSON(now, text.after) {
					r.Errorf("it became %s", now)
				}
			}
		}
		r.quiet()
	})
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
