package markup

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/specweave/specweave/workers/lazyregexp"
)

const (
	maxTitle = 512 // bytes; trackers allow 255 characters
	maxSlug  = 50  // as SpecWeave
)

// noTitle is the title of an item without one.
const noTitle = "Untitled"

// Title is the title of an item, which trackers keep as plain text, as one line
// that is safe in a heading and after "# US-001E: ". It has no white space at its
// ends, and is never empty.
func Title(title string) string {
	title = strings.Join(strings.Fields(clean(title)), " ")
	if len(title) > maxTitle {
		title = strings.TrimSpace(head(title, maxTitle-len("…"))) + "…"
	}
	if title == "" {
		return noTitle
	}
	in := inliner{plain: true}
	in.scan(title)
	title = defuse(strings.Join(strings.Fields(in.text()), " "))
	if title == "" {
		return noTitle
	}
	return title
}

var (
	slugOther = lazyregexp.New(`[^a-z0-9\s-]`)
	slugSpace = lazyregexp.New(`[\s-]+`)
)

// Slug is a title as part of a file name: as SpecWeave 1.0.593 makes it
// (importers/markdown-generator.js), where that leaves a letter or digit. Letters
// with diacritics, of which it leaves nothing, count as those without where it
// would leave none. Of a title without any Latin letter and digit it is "item".
func Slug(title string) string {
	if s := slug(title); s != "" {
		return s
	}
	if s := slug(latin(title)); s != "" {
		return s
	}
	return "item"
}

// slug is what SpecWeave makes of a title; "" if that would be hyphens only.
func slug(title string) string {
	s := slugOther.ReplaceAllString(strings.ToLower(title), "")
	s = slugSpace.ReplaceAllString(s, "-")
	s = s[:min(len(s), maxSlug)]
	if strings.Trim(s, "-") == "" {
		return ""
	}
	return s
}

// latin is s with plain Latin letters for those that look or sound like one with
// something added.
func latin(s string) string {
	s = norm.NFKD.String(head(s, maxTitle))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
	return special.Replace(s)
}

// special is the letters that have no decomposition.
var special = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "Æ", "ae", "œ", "oe", "Œ", "oe", "ø", "o", "Ø", "o", "ł", "l", "Ł", "l",
	"đ", "d", "Đ", "d", "ð", "d", "Ð", "d", "þ", "th", "Þ", "th", "ı", "i", "ħ", "h", "Ħ", "h", "ŋ", "n", "Ŋ", "n",
)
