package workers

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
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

// maxFaults is how many of many bad inputs are named.
const maxFaults = 20

// faults are what is wrong with many inputs.
type faults struct {
	named []error
	more  int
}

// add notes an error, if it is one.
func (f *faults) add(err error) {
	switch {
	case err == nil:
	case len(f.named) < maxFaults:
		f.named = append(f.named, err)
	default:
		f.more++
	}
}

// err is the first errors of f, joined, and how many more there are; nil if there
// are none.
func (f *faults) err() error {
	if f.more > 0 {
		return errors.Join(append(f.named, &InputError{"", fmt.Sprintf("and %d more that cannot be used", f.more)})...)
	}
	return errors.Join(f.named...)
}

// maxShown is how many bytes of an input an error repeats.
const maxShown = 200

// Show makes s fit to be shown: quoted, on one line, without control
// characters, credentials, queries and fragments.
func Show(s string) string {
	s = scrub(s)
	if at := schemeAt.FindStringIndex(s); at != nil {
		if i := strings.IndexAny(s[at[1]:], "?#"); i >= 0 {
			s = s[:at[1]+i+1] + "***"
		}
	}
	if len(s) > maxShown {
		s = s[:maxShown] + "…"
	}
	return strconv.Quote(s)
}

var (
	// address is greedy up to the last @: a password may hold any character.
	address = lazyregexp.New(`[^\s'"<>]*@`)
	// schemeAt is the beginning of a URL, however many slashes someone typed.
	schemeAt = lazyregexp.New(`(?i:https?|ftps?|git|ssh|git\+ssh|ssh\+git):[/\\]+|[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2,}`)
	// sshUser is a login name and nothing more.
	sshUser = lazyregexp.New(`^[A-Za-z0-9._-]+$`)
)

// scrub removes what stands before the @ of URLs, passwords before others, and
// what has the mark of a token.
func scrub(s string) string {
	s = marked.ReplaceAllString(s, "***")
	return address.ReplaceAllStringFunc(s, func(m string) string {
		info := strings.TrimSuffix(m, "@")
		if at := schemeAt.FindStringIndex(info); at != nil {
			scheme, user := info[:at[1]], info[at[1]:]
			name, isURL := strings.CutSuffix(scheme[at[0]:], "://")
			if isURL && sshScheme(strings.ToLower(name)) && plainSSH(user) {
				return m
			}
			return scheme + "***@"
		}
		begin := 1 + strings.LastIndexAny(info, `/\([{,;=`)
		switch {
		case strings.Contains(info, ":"):
			return "***@"
		case tokenUser.MatchString(info[begin:]):
			return info[:begin] + "***@"
		}
		return m
	})
}

// plainSSH reports whether the user of an ssh URL may be kept and shown: it is
// a login name and no token.
func plainSSH(user string) bool { return sshUser.MatchString(user) && !tokenUser.MatchString(user) }

func sshScheme(s string) bool { return s == "ssh" || s == "git+ssh" || s == "ssh+git" }

// Shorten cuts s after max bytes, between characters.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
