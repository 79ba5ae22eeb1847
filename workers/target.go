package workers

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// DefaultInto is the folder below the project that holds {owner}/{name}.
const DefaultInto = "repositories"

const (
	maxSegment = 200  // bytes: file systems allow 255, and .partial-<id> comes on top
	maxPath    = 1000 // bytes: below the project
)

var (
	// reserved names open a device on Windows, whatever their extension. See
	// "Naming Files, Paths, and Namespaces" in Microsoft's documentation.
	reserved = lazyregexp.New(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)`)
	// dotGit is .git and what FAT and NTFS may take for it.
	dotGit  = lazyregexp.New(`(?i)^(\.git|git~[0-9]+)$`)
	partial = lazyregexp.New(`(?i)\.partial-[0-9a-z-]*$`)
)

// Target returns the path below the project for a repository that names none:
// {into}/{owner}/{name}. An empty into is [DefaultInto], "." is the project.
func Target(into, owner, name string) string {
	if into == "" {
		into = DefaultInto
	}
	p := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(into), "./"), "/")
	if p == "." || p == "" && into != "/" {
		return owner + "/" + name
	}
	return p + "/" + owner + "/" + name
}

// CheckPath reports why p cannot be the path of a repository below a project,
// as an [*InputError], or nil. A path that passes names the same place on every
// operating system and cannot leave the project but by symbolic links. It does
// not touch the disk.
func CheckPath(p string) error {
	if reason := pathReason(p); reason != "" {
		return refuse(p, reason)
	}
	return nil
}

func pathReason(p string) string {
	switch {
	case p == "":
		return "empty path"
	case len(p) > maxPath:
		return "path is longer than 1000 bytes"
	case strings.HasPrefix(p, "/") || drive.MatchString(p):
		return "path is absolute: it must lie below the project"
	}
	segments := strings.Split(p, "/")
	for _, s := range segments {
		if reason := segmentReason(s); reason != "" {
			return reason
		}
	}
	switch {
	case strings.EqualFold(segments[0], ".specweave"):
		return "path lies in .specweave, which holds SpecWeave's own files"
	case slices.ContainsFunc(segments, partial.MatchString):
		return "path ends like an unfinished clone (.partial-…)"
	}
	return ""
}

func segmentReason(s string) string {
	switch {
	case s == "":
		return "path has an empty segment"
	case s == "." || s == "..":
		return "path has a . or .. segment: it must lie below the project"
	case len(s) > maxSegment:
		return "path has a segment longer than 200 bytes"
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "path holds an invisible or control character"
	case strings.ContainsAny(s, `\:*?"<>|`):
		return `path holds one of \ : * ? " < > |, which not every system allows`
	case strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ") || strings.HasPrefix(s, " "):
		return "path has a segment that ends with a dot or begins or ends with a space"
	case reserved.MatchString(s):
		return "path has a name that Windows reserves for a device"
	case dotGit.MatchString(s):
		return "path has a segment named .git"
	}
	return ""
}

// checkNames refuses owners and names that could not be part of a path.
func checkNames(owner, name string) *InputError {
	if len(owner) > maxPath { // each line of a journal repeats it
		return &InputError{Show(owner), "owner is longer than 1000 bytes"}
	}
	for s := range strings.SplitSeq(owner, "/") {
		if reason := segmentReason(s); reason != "" {
			return &InputError{Show(owner), strings.Replace(reason, "path", "owner", 1)}
		}
	}
	if strings.Contains(name, "/") {
		return &InputError{Show(name), "name holds a slash"}
	}
	if reason := segmentReason(name); reason != "" {
		return &InputError{Show(name), strings.Replace(reason, "path", "name", 1)}
	}
	return nil
}

// Fold maps paths that a file system without case may take for one to the same
// string.
func fold(p string) string { return strings.ToLower(strings.ToUpper(p)) }

// Collect gives every source its path and returns what a job stores, and the
// logins that came with URLs, by the keys of [Input]. Errors are [*InputError]s:
// no source, a path that cannot be used, two sources with one path or with one
// inside the other. All are named, or the first 20.
func Collect(sources []Source, into string) ([]Repository, map[string]Login, error) {
	if len(sources) == 0 {
		return nil, nil, &InputError{"", "no source given"}
	}
	var bad faults
	repos := make([]Repository, 0, len(sources))
	seen := make(map[string]string, len(sources))
	for _, s := range sources {
		r := Repository{Owner: s.Owner, Name: s.Name, Path: s.Path, CloneURL: s.CloneURL, Team: s.Team, AreaPath: s.AreaPath, Size: s.Size}
		if r.Path == "" {
			r.Path = Target(into, s.Owner, s.Name)
		}
		if reason := pathReason(r.Path); reason != "" {
			bad.add(&InputError{s.Given, reason + " (" + Show(r.Path) + ")"})
			continue
		}
		key := fold(r.Path)
		if other, ok := seen[key]; ok {
			bad.add(&InputError{s.Given, "goes to the same path as " + other + " (" + Show(r.Path) + ")"})
			continue
		}
		seen[key] = s.Given
		repos = append(repos, r)
	}
	for _, r := range repos {
		if outer, ok := encloses(seen, r.Path); ok {
			bad.add(&InputError{seen[fold(r.Path)], "goes into the path of " + outer + " (" + Show(r.Path) + ")"})
		}
	}
	if err := bad.err(); err != nil {
		return nil, nil, err
	}
	return repos, Logins(sources), nil
}

// Logins returns the logins that came with URLs, by the keys of [Input].
func Logins(sources []Source) map[string]Login {
	logins := make(map[string]Login)
	for _, s := range sources {
		if e, ok := parseEndpoint(s.CloneURL); ok && s.Login != (Login{}) {
			logins[e.key()] = s.Login
		}
	}
	return logins
}

// checkPaths is the part of Collect that a stored config is held to.
func checkPaths(repos []Repository) error {
	seen := make(map[string]string, len(repos))
	for _, r := range repos {
		if reason := pathReason(r.Path); reason != "" {
			return refuse(r.Path, reason)
		}
		if _, ok := seen[fold(r.Path)]; ok {
			return refuse(r.Path, "two repositories have this path")
		}
		seen[fold(r.Path)] = r.Path
	}
	for _, r := range repos {
		if outer, ok := encloses(seen, r.Path); ok {
			return refuse(r.Path, "lies in the path of another repository, "+Show(outer))
		}
	}
	return nil
}

// encloses finds what seen has at one of the folders above p.
func encloses(seen map[string]string, p string) (string, bool) {
	for p = path.Dir(fold(p)); p != "."; p = path.Dir(p) {
		if outer, ok := seen[p]; ok {
			return outer, true
		}
	}
	return "", false
}
