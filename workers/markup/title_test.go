package markup

import (
	"strings"
	"testing"
)

func TestTitle(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Login fails":                      "Login fails",
		"  a\n\t# b  ":                     "a # b",
		"":                                 "Untitled",
		" \u200b\u202e ":                   "Untitled",
		"a\u202eb\x1b[31mc\u2028d":         "ab[31mc d",
		"Support List<T> and {x}":          "Support List\\<T> and \\{x}",
		"<!-- a -->":                       "\\<!-- a -->",
		"Drop <b> and <script>, a<b && c>": "Drop \\<b> and \\<script>, a\\<b && c>",
		"See <https://a.test/b>":           "See \\<https://a.test/b>",
		"<br>":                             "\\<br>",
		"a <!-- b":                         "a \\<!-- b",
		"**External ID**: x":               "**External ID**\\: x",
		"[a](javascript:b)":                "[a]\\(javascript:b)",
		"שלום עולם":                        "שלום עולם",
		"क्\u200dष 👩\u200d💻":               "क्\u200dष 👩\u200d💻",
		"bad \xff byte":                    "bad \uFFFD byte",
		strings.Repeat("ä", 300):           strings.Repeat("ä", 254) + "…",
		"Use `code {x}` here":              "Use `code {x}` here",
		"a ``` b":                          "a \\`\\`\\` b",
		"fix(api): don't drop 1 < 2 items": "fix(api): don't drop 1 < 2 items",
	} {
		got := Title(in)
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := Title(got); again != got {
			t.Errorf("%q: once %q, twice %q", in, got, again)
		}
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Login fails!":                 "login-fails",
		"A - b -- c":                   "a-b-c",
		"Ünïcode título":               "ncode-ttulo", // as SpecWeave
		"Éé":                           "ee",
		"ßæ":                           "ssae",
		"日本語":                          "item",
		"":                             "item",
		" - ":                          "item",
		"../../etc/passwd":             "etcpasswd",
		strings.Repeat("word ", 20):    "word-word-word-word-word-word-word-word-word-word-",
		"１２３":                          "123",
		"日本語 v2":                       "-v2",
		"CON":                          "con",
		strings.Repeat("é", 1_000_000): strings.Repeat("e", 50),
	} {
		if got := Slug(in); got != want {
			t.Errorf("%.20q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzTitle(f *testing.F) {
	f.Add("a <!-- b --> {c}\n# d")
	f.Add("[a]<b>(javascript:c)")
	f.Fuzz(func(t *testing.T, s string) {
		got := Title(s)
		if strings.ContainsAny(got, "\n\r") || got == "" || got != strings.TrimSpace(got) || active(got) != "" {
			t.Errorf("%q: %q", s, got)
		}
		if again := Title(got); again != got && len(got) < maxTitle {
			t.Errorf("once %q, twice %q", got, again)
		}
		if slug := Slug(s); slug == "" || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(slug) > maxSlug {
			t.Errorf("%q: slug %q", s, slug)
		}
	})
}
