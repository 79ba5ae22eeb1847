package markup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// Every text in the answers that were recorded of vendors holds what the package
// promises, in whichever language it is read.
func TestRecorded(t *testing.T) {
	t.Parallel()
	dir := listertest.Contracts(t)
	files, err := filepath.Glob(filepath.Join(dir, "recorded", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	texts := map[string]bool{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		collect(texts, v)
	}
	for text := range texts {
		for _, markup := range []workers.Markup{workers.Markdown, workers.HTML, workers.ADF, workers.Wiki} {
			got := Markdown(workers.Text{Raw: text, Markup: markup})
			checkResult(t, got)
			for _, to := range rendered {
				if to == markup || markup == workers.Markdown {
					checkRender(t, workers.Text{Raw: text, Markup: markup}, to)
				}
			}
			if letters(text) != "" && markup == workers.Markdown && !strings.Contains(text, "<") && letters(got) != letters(text) {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
	t.Logf("%d texts", len(texts))
}

// collect finds all strings in JSON, and in JSON in strings.
func collect(texts map[string]bool, v any) {
	switch v := v.(type) {
	case string:
		var inner any
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &inner) == nil {
				collect(texts, inner)
				return
			}
		}
		if strings.Contains(v, " ") {
			texts[v] = true
		}
	case []any:
		for _, x := range v {
			collect(texts, x)
		}
	case map[string]any:
		for _, x := range v {
			collect(texts, x)
		}
	}
}

// letters is what of a text no conversion may lose.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return -1
	}, s)
}
