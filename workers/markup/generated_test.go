package markup

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

// Texts made of what blocks and inline constructs begin and end with are the
// same when they are converted again.
func TestGenerated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(7))
	for range 10_000 {
		s := generate(r)
		m := workers.Markdown
		switch r.Intn(6) {
		case 0:
			m = workers.Wiki
		case 1:
			m = workers.HTML
		}
		got := Markdown(workers.Text{Raw: s, Markup: m})
		if again := Markdown(workers.Text{Raw: got}); again != got {
			t.Fatalf("%s %q\nonce  %q\ntwice %q", m, s, got, again)
		}
	}
}

// tokens are what blocks and inline constructs begin and end with.
var tokens = []string{
	"\n", "\n", "\n", "\n", "\n\n", " ", "  ", "    ", "\t", "a", "b c", "{x}",
	"<b>", "</b>", "<T>", "<!-- ", "-->", "- ", "* ", "1. ", "2. ", "10) ", "> ", ">",
	"# ", "## ", "```", "````", "~~~", "`", "``", "---", "===", "|", "|-|-|", "-|-",
	"[", "](", "]: ", ")", "javascript:x", "https://e.com", "\\", "<br>", "<ul><li>", "</ul>", "import ", "export ",
	":::", "**External ID**: ", "!", "<a href=\"https://x.y\">", "</a>", "<code>", "</code>", "_", "***", "-", "+ ", "&#123;",
	"<https://e.com>", "<pre>", "{quote}", "{code}", "||", "h1. ", "\\\\", "{{", "}}", "*",
}

// generate makes a text of tokens.
func generate(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.Intn(16) {
		b.WriteString(tokens[r.Intn(len(tokens))])
	}
	return b.String()
}
