package workers

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Selection says which of an owner's repositories are wanted. The zero value
// wants all but archived ones, forks and those that cannot be cloned.
type Selection struct {
	Patterns    []string // one of these matches the name: a glob as of path.Match, or regex:… of RE2; empty: all
	Exclude     []string // none of these does
	Topics      []string // has one of these
	Languages   []string // is mainly in one of these
	Visibility  []string // is one of public, internal, private
	Archived    Choice
	Forks       Choice
	PushedSince time.Time // zero: whenever
}

// Choice is what is to happen to repositories of a kind.
type Choice string

// The choices.
const (
	Without Choice = ""     // they are left out
	With    Choice = "yes"  // they are taken along
	Only    Choice = "only" // all others are left out
)

// LeftOut is a repository that a [Selection] does not want, or that cannot be
// cloned, and why.
type LeftOut struct {
	Listed
	Reason Reason
	Detail string // more than the reason, if there is more to say; may hold anything
}

// Reason is why a repository was left out, in few words.
type Reason string

// The reasons.
const (
	ReasonDisabled   Reason = "disabled by its host"
	ReasonArchived   Reason = "archived"
	ReasonLive       Reason = "not archived"
	ReasonFork       Reason = "fork"
	ReasonNoFork     Reason = "not a fork"
	ReasonName       Reason = "of another name"
	ReasonExcluded   Reason = "excluded by name"
	ReasonTopic      Reason = "of other topics"
	ReasonLanguage   Reason = "in another language"
	ReasonVisibility Reason = "of another visibility"
	ReasonOld        Reason = "not pushed to since"
	ReasonLimit      Reason = "beyond the limit"
	ReasonTwice      Reason = "named twice"
	ReasonUnusable   Reason = "cannot be cloned safely"
)

// matcher is a compiled pattern. It ignores case, as hosts do in names.
type matcher = func(Listed) bool

// maxPattern bounds a pattern, in bytes. RE2 takes linear time, so nothing else
// needs a bound.
const maxPattern = 1000

// compile reads a pattern. One with a slash is held to owner/name.
func compile(pattern string) (matcher, error) {
	if len(pattern) > maxPattern {
		return nil, refuse(pattern, "pattern is longer than 1000 bytes")
	}
	subject := func(r Listed) string { return r.Name }
	if strings.Contains(pattern, "/") {
		subject = func(r Listed) string { return r.Owner + "/" + r.Name }
	}
	if expr, ok := strings.CutPrefix(pattern, "regex:"); ok {
		re, err := regexp.Compile("(?i)" + expr)
		if err != nil {
			return nil, refuse(pattern, "not a regular expression of RE2 syntax")
		}
		return func(r Listed) bool { return re.MatchString(subject(r)) }, nil
	}
	glob := strings.ToLower(pattern)
	if _, err := path.Match(glob, ""); err != nil {
		return nil, refuse(pattern, "malformed glob: * ? [a-z] and \\ are known")
	}
	return func(r Listed) bool {
		ok, _ := path.Match(glob, strings.ToLower(subject(r))) // its only error is in the pattern
		return ok
	}, nil
}

func compileAll(patterns []string) ([]matcher, error) {
	var all []matcher
	for _, p := range patterns {
		m, err := compile(p)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Select divides what was listed of a collection with that pattern, which holds
// besides those of s. The error is an [*InputError].
func (s Selection) Select(all []Listed, pattern string) (chosen []Listed, left []LeftOut, err error) {
	wanted, err := compileAll(s.Patterns)
	if err != nil {
		return nil, nil, err
	}
	unwanted, err := compileAll(s.Exclude)
	if err != nil {
		return nil, nil, err
	}
	within := func(Listed) bool { return true }
	if pattern != "" {
		if within, err = compile(pattern); err != nil {
			return nil, nil, err
		}
	}
	for _, v := range s.Visibility {
		if !slices.Contains([]string{"public", "internal", "private"}, v) {
			return nil, nil, refuse(v, "visibility is public, internal or private")
		}
	}
	for _, r := range all {
		reason, detail := ReasonName, ""
		if within(r) {
			reason, detail = s.reason(r, wanted, unwanted)
		}
		if reason != "" {
			left = append(left, LeftOut{r, reason, detail})
			continue
		}
		chosen = append(chosen, r)
	}
	return chosen, left, nil
}

// Merge makes one of what was selected of several collections, which may have
// repositories in common: each is there once, and left out if nobody wants it.
func Merge(chosen []Listed, left []LeftOut) ([]Listed, []LeftOut) {
	seen := make(map[string]bool)
	again := func(r Listed) bool {
		at := cmp.Or(r.CloneURL, r.SSHURL, r.Owner+"/"+r.Name)
		was := seen[at]
		seen[at] = true
		return was
	}
	return slices.DeleteFunc(chosen, again), slices.DeleteFunc(left, func(l LeftOut) bool { return again(l.Listed) })
}

// Limit keeps the first n by name, whatever order a host lists in, and returns
// the others as left out. It sorts chosen; an n of 0 keeps all.
func Limit(chosen []Listed, n int) ([]Listed, []LeftOut) {
	slices.SortStableFunc(chosen, func(a, b Listed) int {
		return strings.Compare(fold(a.Owner+"/"+a.Name), fold(b.Owner+"/"+b.Name))
	})
	if n <= 0 || len(chosen) <= n {
		return chosen, nil
	}
	var left []LeftOut
	for _, r := range chosen[n:] {
		left = append(left, LeftOut{r, ReasonLimit, ""})
	}
	return chosen[:n], left
}

// reason says why r is not wanted. The first reason counts, and those that the
// user did not ask for come last: what has another name is not called a fork.
func (s Selection) reason(r Listed, wanted, unwanted []matcher) (Reason, string) {
	matches := func(m matcher) bool { return m(r) }
	switch {
	case len(wanted) > 0 && !slices.ContainsFunc(wanted, matches):
		return ReasonName, ""
	case slices.ContainsFunc(unwanted, matches):
		return ReasonExcluded, ""
	case len(s.Topics) > 0 && !overlap(s.Topics, r.Topics):
		return ReasonTopic, strings.Join(r.Topics, ", ")
	case len(s.Languages) > 0 && !overlap(s.Languages, []string{r.Language}):
		return ReasonLanguage, said(r.Language)
	case len(s.Visibility) > 0 && !overlap(s.Visibility, []string{r.Visibility}):
		return ReasonVisibility, said(r.Visibility)
	case !s.PushedSince.IsZero() && r.PushedAt.Before(s.PushedSince):
		if r.PushedAt.IsZero() {
			return ReasonOld, said("")
		}
		return ReasonOld, r.PushedAt.UTC().Format(time.DateOnly)
	case r.Disabled:
		return ReasonDisabled, ""
	case s.Archived == Without && r.Archived:
		return ReasonArchived, ""
	case s.Archived == Only && !r.Archived:
		return ReasonLive, ""
	case s.Forks == Without && r.Fork:
		return ReasonFork, ""
	case s.Forks == Only && !r.Fork:
		return ReasonNoFork, ""
	}
	return "", ""
}

func said(s string) string {
	if s == "" {
		return "the host does not say"
	}
	return s
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool {
		return slices.ContainsFunc(b, func(t string) bool { return strings.EqualFold(s, t) })
	})
}

// CountReasons counts how many were left out for each reason.
func CountReasons(left []LeftOut) map[Reason]int {
	n := make(map[Reason]int)
	for _, l := range left {
		n[l.Reason]++
	}
	return n
}
