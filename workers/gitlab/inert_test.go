package gitlab

import (
	"strings"
	"testing"
)

func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "",
		"see /close":                             "see /close",
		"/close":                                 `\/close`,
		"a\n/label ~bug\r\n/usr/bin x":           "a\n\\/label ~bug\r\n/usr/bin x",
		"/":                                      "/",
		"// x":                                   "// x",
		"/1":                                     "/1",
		" /close":                                " /close",
		"/close\v":                               "\\/close\v",
		"/loc\u212a":                             "\\/loc\u212a", // lock, to who ignores case
		"\r/close\n/\rclose\n/cl\rose":           "\\\r/close\n\\/\rclose\n\\/cl\rose",
		"```\n/close\n```":                       "```\n\\/close\n```",
		"- a\n  ```\n/close\n  ```":              "- a\n  ```\n\\/close\n  ```", // the list is over, and the code with it
		"``` `x`\n/close\n```":                   "``` `x`\n\\/close\n```",      // no code begins so
		"<!--\n```\n-->\n/close\n<!--\n```\n-->": "<!--\n```\n-->\n\\/close\n<!--\n```\n-->",
		"\\n/close\n<!-- -->\n/a\n\n/b ":         "\\n/close\n<!-- -->\n\\/a\n\n\\/b ",
	} {
		if got := inert(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if got := spoken(want); got != text {
			t.Errorf("%q became %q, want %q", want, got, text)
		}
	}
}

// FuzzInert leaves nothing to be carried out where a text may hold it, and nothing
// different.
func FuzzInert(f *testing.F) {
	f.Add("a\n/close\n```\n/b\n```\n\\/c")
	f.Add("\r/close x\n/CLOSE")
	f.Fuzz(func(t *testing.T, text string) {
		once := inert(text)
		for line := range strings.SplitSeq(strings.ReplaceAll(once, "\r", ""), "\n") {
			if word, _, _ := strings.Cut(line, " "); strings.EqualFold(word, "/close") {
				t.Errorf("%q became %q", text, once)
			}
		}
		if inert(spoken(once)) != once {
			t.Errorf("%q: %q, read as %q", text, once, spoken(once))
		}
	})
}
