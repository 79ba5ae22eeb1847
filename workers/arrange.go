package workers

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Layout says where listed repositories go and how they are reached.
type Layout struct {
	Into string // see [Target]
	SSH  bool   // by their ssh URLs

	// Remotes returns those of the clone at a path below the project, none if
	// there is none; see [Remotes]. Nil: nothing is there.
	Remotes func(path string) []string
}

// Arrange makes sources of listed repositories and gives each a path of its
// own. fixed are sources that a person named one by one: those keep theirs.
//
// A repository goes to its [Target]. Where two would land in one place, or in
// two that differ only in case, one keeps it and the others have a hash of
// their URL after their name: web-3f9a1c. A clone that is there already keeps
// its place, so that no later run makes a second one: the repository whose
// clone stands at the plain path, or at the one with its hash. Otherwise the
// first by URL has the plain path, unless the clone of another stands there.
// This depends neither on the order of a listing nor, but for who comes first,
// on what else is in it.
//
// What cannot be cloned is returned with the reason: no URL of that kind or one
// that leads to this machine, and names that would leave their folder.
func (l Layout) Arrange(fixed []Source, chosen []Listed) ([]Source, []LeftOut) {
	a := arrangement{layout: l, seen: make(map[string]bool)}
	named, twice := make(map[location]bool), make(map[location]bool)
	for _, s := range fixed {
		if s.Collection == nil {
			named[parseLocation(s.CloneURL).any()] = true
			a.take(cmp.Or(s.Path, Target(l.Into, s.Owner, s.Name)))
		}
	}
	groups := make(map[string][]arranged)
	for _, r := range chosen {
		s, reason := l.source(r)
		if reason != "" {
			a.left = append(a.left, LeftOut{r, ReasonUnusable, reason})
			continue
		}
		at := parseLocation(s.CloneURL)
		if twice[at] || named[at.any()] {
			a.left = append(a.left, LeftOut{r, ReasonTwice, ""})
			continue
		}
		twice[at] = true
		groups[fold(s.Path)] = append(groups[fold(s.Path)], arranged{s, r, at})
	}
	// Those with an owner of more folders come first: what would enclose them
	// gives way.
	for _, key := range slices.SortedFunc(maps.Keys(groups), func(x, y string) int {
		return cmp.Or(strings.Count(y, "/")-strings.Count(x, "/"), strings.Compare(x, y))
	}) {
		a.place(groups[key])
	}
	slices.SortFunc(a.sources, func(x, y Source) int { return strings.Compare(x.Path, y.Path) })
	return a.sources, a.left
}

// arranged is a listed repository with its plain path.
type arranged struct {
	Source
	listed   Listed
	location location
}

// arrangement is what Arrange has decided so far.
type arrangement struct {
	layout  Layout
	seen    map[string]bool // paths and the folders above them: folded
	sources []Source
	left    []LeftOut
}

// place gives paths to repositories that want the same one.
func (a *arrangement) place(group []arranged) {
	slices.SortFunc(group, func(x, y arranged) int { return strings.Compare(x.CloneURL, y.CloneURL) })
	plain := -1
	if !a.seen[fold(group[0].Path)] {
		own := location.same
		if len(group) > 1 {
			own = location.identical
		}
		plain = slices.IndexFunc(group, func(r arranged) bool { return a.holds(r.Path, r.location, own) })
		if plain < 0 {
			plain = slices.IndexFunc(group, func(r arranged) bool {
				return !a.holds(r.hashed(6), r.location, own) && len(a.remotes(r.Path)) == 0
			})
		}
	}
	for i, r := range group {
		if i != plain {
			n := 6
			for r.Path = group[i].hashed(n); a.seen[fold(r.Path)] && n < 64; n *= 2 {
				r.Path = group[i].hashed(n * 2)
			}
		}
		if reason := pathReason(r.Path); reason != "" {
			a.left = append(a.left, LeftOut{r.listed, ReasonUnusable, reason})
			continue
		}
		a.take(r.Path)
		a.sources = append(a.sources, r.Source)
	}
}

// take notes that a path is no longer free, nor the folders above it.
func (a *arrangement) take(p string) {
	for p = fold(p); p != "." && p != "/"; p = path.Dir(p) {
		a.seen[p] = true
	}
}

func (a *arrangement) remotes(p string) []string {
	if a.layout.Remotes == nil {
		return nil
	}
	return a.layout.Remotes(p)
}

// holds reports whether a clone of r stands at p, as same has it.
func (a *arrangement) holds(p string, r location, same func(a, b location) bool) bool {
	return slices.ContainsFunc(a.remotes(p), func(u string) bool { return same(parseLocation(u), r) })
}

// hashed is r's path with n digits of a hash.
func (r arranged) hashed(n int) string {
	key := r.location.host + "/" + r.location.exact
	dir, name := path.Split(r.Path)
	return dir + strings.ToValidUTF8(name[:min(len(name), maxSegment-n-1)], "") + "-" + short(key, n)
}

// source makes a source of a listed repository, or says why it cannot be one.
func (l Layout) source(r Listed) (Source, string) {
	given := r.CloneURL
	if l.SSH {
		given = r.SSHURL
	}
	src, reason := listedURL(given, l)
	if reason != "" {
		return Source{}, reason
	}
	if src.Owner, src.Name, reason = portablePath(r.Owner, r.Name); reason != "" {
		return Source{}, reason
	}
	src.Given = Show(r.Owner + "/" + r.Name)
	src.Path, src.Login = Target(l.Into, src.Owner, src.Name), Login{}
	if r.Size >= 0 {
		src.Size = max(r.Size, 1) // 0 is unknown
	}
	return src, ""
}

// listedURL holds a URL that a host gave to what a host may name: it must not
// make git read this machine's disk or run a command.
func listedURL(s string, l Layout) (Source, string) {
	if s == "" {
		if l.SSH {
			return Source{}, "its host names no ssh URL"
		}
		return Source{}, "its host names no URL"
	}
	u, err := url.Parse(s)
	ssh := err != nil || u.Host == "" || sshScheme(strings.ToLower(u.Scheme)) // user@host:path is no URL
	if ssh != l.SSH || !ssh && u.Scheme != "https" && u.Scheme != "http" || isLocal(s) || strings.HasPrefix(s, "file:") {
		return Source{}, "its host names a URL of another kind"
	}
	return parse(s, Base{})
}
