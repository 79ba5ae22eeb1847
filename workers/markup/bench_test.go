package markup

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

// bodies are as people write them, in each language.
func bodies() map[workers.Markup]string {
	item := `{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"Open "},{"type":"text","text":"the page","marks":[{"type":"strong"}]}]}]}`
	return map[workers.Markup]string{
		workers.Markdown: "## Steps\n\n1. Open the *page*\n2. Click **Save**, see `a.log`\n\n```go\nfunc f() {}\n```\n\nSee https://example.com/x and [this](https://example.com/y).\n" + strings.Repeat("Some more words of the description.\n", 10),
		workers.HTML:     "<h2>Steps</h2><ol><li>Open the <i>page</i></li><li>Click <b>Save</b></li></ol><pre><code>func f() {}</code></pre>" + strings.Repeat("<div>Some more words of the description.</div>", 10),
		workers.ADF: `{"type":"doc","version":1,"content":[{"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"Steps"}]},{"type":"orderedList","content":[` + item + "," + item + `]},` +
			`{"type":"codeBlock","content":[{"type":"text","text":"func f() {}"}]},{"type":"paragraph","content":[{"type":"text","text":"` + strings.Repeat("Some more words of the description. ", 10) + `"}]}]}`,
		workers.Wiki: "h2. Steps\n# Open the _page_\n# Click *Save*\n{code:go}\nfunc f() {}\n{code}\n" + strings.Repeat("Some more words of the description.\n", 10),
	}
}

func BenchmarkMarkdown(b *testing.B) {
	for markup, body := range bodies() {
		b.Run(string(markup), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Markdown(workers.Text{Raw: body, Markup: markup})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bodies/s")
		})
	}
}

func BenchmarkMarkdown1M(b *testing.B) {
	for markup, body := range bodies() {
		if markup == workers.ADF { // many nodes, not one text
			body = `{"type":"doc","content":[` + strings.TrimSuffix(strings.Repeat(body+",", 1<<20/len(body)), ",") + "]}"
		} else {
			body = strings.Repeat(body+"\n\n", 1<<20/len(body))
		}
		b.Run(string(markup), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				_ = Markdown(workers.Text{Raw: body, Markup: markup})
			}
		})
	}
}

// scale is by how much smaller large texts are: the race detector makes
// everything many times slower.
var scale = sync.OnceValue(func() int {
	info, _ := debug.ReadBuildInfo()
	if info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return 16
	}
	return 1
})

// What is made to take long takes as long as its size: were it the square of
// that, it would take many seconds.
func TestLarge(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("converts many megabytes")
	}
	for _, markup := range []workers.Markup{workers.Markdown, workers.HTML, workers.ADF, workers.Wiki} {
		for _, part := range largeParts {
			raw := strings.Repeat(part, (1<<18)/scale()/len(part))
			if markup == workers.ADF {
				raw = fmt.Sprintf(`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":%q}]}]}`, strings.ToValidUTF8(raw, "?"))
			}
			began := time.Now()
			got := Markdown(workers.Text{Raw: raw, Markup: markup})
			if took := time.Since(began); took > time.Minute { // what is not linear takes minutes
				t.Errorf("%s of %q took %v", markup, part, took)
			}
			if len(got) > Max {
				t.Errorf("%s of %q: %d bytes", markup, part, len(got))
			}
		}
	}
}

// largeParts are what takes long where it stands many times.
var largeParts = []string{
	"a", "a ", "a\n", "<", "<a", "<!--", "<!--\n", "<!-- -->", "`", "`` ` ", "{", "[a](", "](javascript:", "]:", "- ", "- a\n", "> ", ">", "> a\n", "```\n", "    a\n",
	"1. ", "# a\n", "\\", "|", "|-", "a|b\n-|-\n", "*a _b ", "**AC-", "**External ID**:", "&", "&amp;", "_", "~", "!", "![a](data:", "<br>", "<b>", "<div>", "<img src=", "</", "<li>a",
	"<td>a", "<div>\n<b>\n", "<ul>\n\n", "<pre>\n", "<table><tr><td>", "<a href=x>a", "<p>", "<!", "{code}", "{quote}a", "{{a", "[a|b]", "||a", "h1. a\n", "* a\n", "** a\n", "\u202e", "\u200d", "\xff", "é", "<a@", "<https://", "\t", "\n", "-\n", "=\n", "a\n-\n",
}
