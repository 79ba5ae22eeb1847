package workers

import (
	"regexp"
	"strconv"
	"strings"
)

// InputError says that something a person gave cannot be used. Nothing was
// done yet when a function returns it.
type InputError struct {
	Input  string // what was given, as [Show] shows it, after where it stood
	Reason string
}

func (e *InputError) Error() string {
	if e.Input == "" {
		return e.Reason
	}
	return e.Input + ": " + e.Reason
}

func refuse(input, reason string) error { return &InputError{Show(input), reason} }

// maxShown is how many bytes of an input an error repeats.
const maxShown = 200

// Show makes s fit to be shown: quoted, on one line, without control
// characters, credentials, queries and fragments.
func Show(s string) string {
	s = scrub(s)
	if i := strings.Index(s, "://"); i >= 0 {
		if j := strings.IndexAny(s[i:], "?#"); j >= 0 {
			s = s[:i+j] + s[i+j:i+j+1] + "***"
		}
	}
	if len(s) > maxShown {
		s = s[:maxShown] + "…"
	}
	return strconv.Quote(s)
}

var (
	// userinfo is greedy up to the last @: a password may hold any character.
	userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*:)(//[^\s'"<>]*@)`)
	// scpPassword is user:password@host without a scheme.
	scpPassword = regexp.MustCompile(`[^\s'"/@:]+:[^\s'"/@:]+@`)
	// sshUser is a login name and nothing more.
	sshUser = regexp.MustCompile(`^//[A-Za-z0-9._-]+@$`)
)

// scrub removes what stands before the @ of URLs, and passwords before others.
func scrub(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	s = userinfo.ReplaceAllStringFunc(s, func(m string) string {
		scheme, rest, _ := strings.Cut(m, ":")
		if sshScheme(strings.ToLower(scheme)) && sshUser.MatchString(rest) {
			return m
		}
		return scheme + "://***@"
	})
	return scpPassword.ReplaceAllString(s, "***@")
}

func sshScheme(s string) bool { return s == "ssh" || s == "git+ssh" || s == "ssh+git" }

// shorten cuts s after max bytes, between characters.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
