package workers

import (
	"slices"
	"strings"
)

// remote is one of a repository's configuration, see git-config(1).
type remote struct {
	name   string
	url    string   // the first, which git fetches from
	fetch  []string // refspecs
	mirror bool
}

// remoteSettings selects what parseRemotes reads.
const remoteSettings = `^(remote\..*\.(url|fetch|mirror)|core\.worktree)$`

// parseRemotes reads what `git config -z --get-regexp` prints: each value ends
// with a NUL, and a line feed parts it from its key. A work tree elsewhere is
// worktree.
func parseRemotes(out string) (all []remote, worktree string) {
	for pair := range strings.SplitSeq(out, "\x00") {
		key, value, _ := strings.Cut(pair, "\n")
		if key == "core.worktree" {
			worktree = value
		}
		rest, ok := strings.CutPrefix(key, "remote.")
		dot := strings.LastIndexByte(rest, '.')
		if !ok || dot <= 0 {
			continue
		}
		name := rest[:dot]
		i := slices.IndexFunc(all, func(r remote) bool { return r.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, remote{name: name})
		}
		switch r := &all[i]; rest[dot+1:] {
		case "url":
			if r.url == "" {
				r.url = value
			}
		case "fetch":
			r.fetch = append(r.fetch, value)
		case "mirror":
			r.mirror = value == "" || slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(value))
		}
	}
	return all, worktree
}

// from picks the remote that leads to a clone URL, by whatever way: who cloned
// over ssh what is listed with https has the same repository. It is origin, if
// there are two.
func from(all []remote, cloneURL string) (remote, bool) {
	var found remote
	wanted := parseLocation(cloneURL)
	for _, r := range all {
		if parseLocation(r.url).identical(wanted) && (found.name == "" || r.name == "origin") {
			found = r
		}
	}
	return found, found.name != ""
}

// writesBranches reports whether a fetch with that refspec writes to the
// branches of the repository itself, see "refspec" in git-fetch(1).
func writesBranches(refspec string) bool {
	if strings.HasPrefix(refspec, "^") {
		return false
	}
	_, to, _ := strings.Cut(refspec, ":")
	const heads = "refs/heads/"
	return strings.HasPrefix(to, heads) || strings.HasSuffix(to, "*") && strings.HasPrefix(heads, strings.TrimSuffix(to, "*")) ||
		to != "" && !strings.HasPrefix(to, "refs/") // which is a branch
}
