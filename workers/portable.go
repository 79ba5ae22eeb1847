package workers

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// portable turns a name that a host gave into one segment of a path that every
// system can have. What not every system allows is percent-encoded, as in a
// URL, so that no two names become one; most names stay as they are. It says
// why a name cannot be one segment at all: then it would lead elsewhere, or
// show something else than it is.
func portable(name string) (segment, reason string) {
	switch {
	case name == "":
		return "", "its name is empty"
	case name == "." || name == "..":
		return "", "its name would lead out of its folder"
	case strings.ContainsAny(name, `/\`):
		return "", "its name holds a slash and would lead elsewhere"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", "its name holds an invisible or control character"
	}
	var b strings.Builder
	for i, r := range name {
		edge := i == 0 && r == ' ' || i == len(name)-1 && (r == ' ' || r == '.')
		if edge || strings.ContainsRune(`:*?"<>|`, r) || r == '%' && encoded(name[i:]) {
			fmt.Fprintf(&b, "%%%02X", r)
		} else {
			b.WriteRune(r)
		}
	}
	segment = b.String()
	if reserved.MatchString(segment) || dotGit.MatchString(segment) {
		segment = fmt.Sprintf("%%%02X", segment[0]) + segment[1:]
	}
	if i := partial.FindStringIndex(segment); i != nil {
		segment = segment[:i[0]] + "%2E" + segment[i[0]+1:]
	}
	if len(segment) > maxSegment {
		segment = strings.ToValidUTF8(segment[:maxSegment-8], "") + "-" + short(name, 6)
	}
	return segment, ""
}

// encoded reports whether s begins with what decodes as a character.
func encoded(s string) bool {
	hex := func(c byte) bool {
		return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	}
	return len(s) > 2 && hex(s[1]) && hex(s[2])
}

// portablePath is portable for each folder of an owner, and for a name.
func portablePath(owner, name string) (string, string, string) {
	var folders []string
	for s := range strings.SplitSeq(owner, "/") {
		s, reason := portable(s)
		if reason != "" {
			return "", "", strings.Replace(reason, "its name", "its owner's name", 1)
		}
		folders = append(folders, s)
	}
	name, reason := portable(name)
	return path.Join(folders...), name, reason
}
