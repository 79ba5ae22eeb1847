package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean is s as UTF-8 whose lines end in line feeds, without the characters
// that nobody sees: controls, bidirectional controls, which make a text read
// otherwise than it is ("Trojan Source", CVE-2021-42574), tags and variation
// selectors that carry hidden text, and zero-width ones. Joiners stay between
// letters and between emoji, which need them. Right-to-left scripts need no
// controls: they are left as they are.
func clean(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	last := rune(0)
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			next = i + 1
		}
		switch {
		case r == '\r':
			if strings.HasPrefix(s[next:], "\n") {
				continue
			}
			r = '\n'
		case r == '\u2028', r == '\u2029', r == '\u0085', r == '\v', r == '\f':
			r = '\n'
		case r == '\u200c', r == '\u200d':
			after, _ := utf8.DecodeRuneInString(s[next:])
			if !isJoined(last) || !isJoined(after) {
				continue
			}
		case r != '\n' && r != '\t' && isHidden(r):
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// isPlain reports whether s is nothing but printable ASCII in lines.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\n' && c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// isJoined reports whether a joiner beside r changes how r looks.
func isJoined(r rune) bool {
	return r > unicode.MaxASCII && r != utf8.RuneError && unicode.In(r, unicode.L, unicode.M, unicode.So, unicode.Sk)
}

// isHidden reports whether r shows nothing. Some format characters of Arabic,
// Syriac and Kaithi do: they stand before numbers.
func isHidden(r rune) bool {
	switch {
	case r < unicode.MaxASCII:
		return r < ' '
	case 0xe0100 <= r && r <= 0xe01ef, r == '\u034f', r == '\u3164', r == '\u115f', r == '\u1160', r == '\uffa0':
		return true
	case r&0xfffe == 0xfffe, 0xfdd0 <= r && r <= 0xfdef: // never characters
		return true
	}
	return unicode.Is(unicode.C, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
