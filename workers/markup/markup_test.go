package markup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

func TestTooLong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, markup string }{
		{"words", strings.Repeat("word ", 300_000), "markdown"},
		{"code", "```\n" + strings.Repeat("{x}\n", 400_000), "markdown"},
		{"escapes", strings.Repeat("{", Max-10), "markdown"},
		{"backticks", strings.Repeat("`", Max), "markdown"},
		{"one span", "`" + strings.Repeat("x{", Max) + "`", "markdown"},
		{"letters of two bytes", strings.Repeat("é", Max), "markdown"},
		{"html", "<p>" + strings.Repeat("a b ", 2*Max), "html"},
		{"adf", `{"type":"paragraph","content":[{"type":"text","text":"` + strings.Repeat("ab ", Max/2) + `"}]}`, "adf"},
		{"too long to read", `{"type":"paragraph","content":[{"type":"text","text":"` + strings.Repeat("ab ", 2*Max) + `"}]}`, "adf"},
		{"wiki", strings.Repeat("* a\n", Max), "wiki"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Markdown(workers.Text{Raw: tt.in, Markup: workers.Markup(tt.markup)})
			if !strings.HasSuffix(got, strings.TrimSpace(cutNote)) {
				t.Errorf("no note: %q", got[max(0, len(got)-100):])
			}
			if len(got) > Max {
				t.Errorf("%d bytes", len(got))
			}
			if again := Markdown(workers.Text{Raw: got}); again != got {
				t.Errorf("not the same again: %d and %d bytes", len(got), len(again))
			}
		})
	}
}

func TestAsLongAsItMay(t *testing.T) {
	t.Parallel()
	in := strings.Repeat("word ", Max/5-1) + "end"
	if got := Markdown(workers.Text{Raw: in}); got != in {
		t.Errorf("%d of %d bytes", len(got), len(in))
	}
}

func ExampleMarkdown() {
	fmt.Println(Markdown(workers.Text{
		Raw:    "<h1>External Metadata</h1><ul><li><b>External ID</b>: {x}</li></ul><script>alert(1)</script>",
		Markup: workers.HTML,
	}))
	// Output:
	// ### External Metadata
	//
	// - **External ID**\: \{x}
}
