package markup

import "testing"

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh": "a\nb\nc\nd\ne\nf\ng\nh",
		"a\x00b\x1b[1mc\x7f\u009b":             "ab[1mc",
		"a\xffb\xc3":                           "a\uFFFDb\uFFFD",
		"a\uFFFDb":                             "a\uFFFDb",
		"tab\tstays":                           "tab\tstays",
		"מִלָּה عربي":                          "מִלָּה عربي",
		"a\u202eb\u2066c\u200fd\u061c":         "abcd",
		"می\u200cخواهم":                        "می\u200cخواهم", // a ZWNJ within a word
		"क्\u200dष 👩\u200d💻 ❤️\u200d🔥":  "क्\u200dष 👩\u200d💻 ❤️\u200d🔥",
		"a\u200db \u200d c\u200c":       "ab  c",
		"a\u200bb\ufeffc\u2060d\u00ade": "abcde",
		"tags\U000E0041\U000E0042":      "tags",
		"x\U000E0100":                   "x",
		"\ufdd0\ufffe":                  "",
		"\u0600123":                     "\u0600123", // the Arabic number sign shows
	} {
		got := clean(in)
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := clean(got); again != got {
			t.Errorf("%q: once %q, twice %q", in, got, again)
		}
	}
}
