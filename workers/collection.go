package workers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Kind is a kind of host that can list repositories, in the word that a
// [Collection] begins with.
type Kind string

// The kinds of hosts.
const (
	GitHub    Kind = "github"
	GitLab    Kind = "gitlab"
	Azure     Kind = "ado" // Azure DevOps
	Bitbucket Kind = "bitbucket"
	Gitea     Kind = "gitea" // and Forgejo
	Jira      Kind = "jira"  // Cloud and Data Center; has work items only
)

// Collection is a source that names many repositories: those of one owner.
type Collection struct {
	Kind    Kind
	Owner   string   // an organisation, user or workspace; group/subgroup; organisation/project
	Pattern string   // of the names, as in [Selection]; empty: all
	Server  *url.URL // where people and git go; its host is what credentials are for
	API     *url.URL // root of its API, with a slash at the end
}

// String is c as a person may write it.
func (c Collection) String() string {
	s := string(c.Kind) + ":" + c.Owner
	if c.Pattern != "" {
		s += "/" + c.Pattern
	}
	return s
}

var (
	kindWord = lazyregexp.New(`^(github|gitlab|ado|bitbucket|gitea):`)
	// starred is the spelling of SpecWeave's get: a glob in the place of a name.
	starred = lazyregexp.New(`^([A-Za-z0-9][A-Za-z0-9_-]*)/([A-Za-z0-9._*?-]*[*?][A-Za-z0-9._*?-]*)$`)
	// plainOwner is an owner on all kinds of hosts but Azure DevOps, whose projects may
	// have spaces.
	plainOwner = lazyregexp.New(`^[\pL\pN_.-]+$`)
	azureOwner = lazyregexp.New(`^[\pL\pN_.()&+' -]+$`)
)

// ParseCollection reads a source that names many repositories:
//
//	github:ORG  gitlab:GROUP/SUB  ado:ORG  ado:ORG/PROJECT  bitbucket:WORKSPACE  gitea:ORG
//
// each perhaps with /PATTERN at its end, ORG/PREFIX-* on GitHub, or the URL of
// an owner's page where it can be nothing else, as https://github.com/ORG. It
// reports false for all other sources. Where the word of a kind begins a
// source, it is no host of scp. It touches neither disk nor network.
//
// The login is what the URL held before its @. The error is an [*InputError].
func ParseCollection(s string, hosts Hosts) (Collection, Login, bool, error) {
	if suspicious(s) != "" {
		return Collection{}, Login{}, false, nil
	}
	var c Collection
	var login Login
	var segments []string
	if m := kindWord.FindStringSubmatch(s); m != nil {
		c.Kind = Kind(m[1])
		rest := strings.TrimPrefix(s, m[0])
		if strings.HasPrefix(rest, "//") {
			return Collection{}, Login{}, false, nil // a scheme, which nobody supports
		}
		segments = strings.Split(strings.TrimSuffix(rest, "/"), "/")
	} else if m := starred.FindStringSubmatch(s); m != nil {
		c.Kind, segments = GitHub, m[1:]
	} else if u, kind, ok := hosts.page(s); ok {
		segments = page(kind, u)
		if segments == nil {
			return Collection{}, Login{}, false, nil
		}
		c.Kind, login = kind, urlLogin(u)
		hosts.Host = u.Scheme + "://" + u.Host
		if kind == Azure {
			hosts.Host = azureRoot(u)
		}
	} else {
		return Collection{}, Login{}, false, nil
	}
	reason := c.name(segments)
	if reason == "" {
		c.Server, c.API, reason = hosts.server(c.Kind)
	}
	if reason != "" {
		return Collection{}, Login{}, true, refuse(s, reason)
	}
	return c, login, true, nil
}

// name sets owner and pattern of c.
func (c *Collection) name(segments []string) string {
	depth := map[Kind]int{GitLab: 20, Azure: 2}[c.Kind] // levels of an owner; GitLab allows 20 subgroups
	depth = max(depth, 1)
	last := len(segments) - 1
	if last > 0 && (last >= depth || strings.ContainsAny(segments[last], "*?[")) {
		c.Pattern, segments = segments[last], segments[:last]
		if c.Pattern == "*" {
			c.Pattern = ""
		}
		if _, err := compile(c.Pattern); err != nil {
			return err.Error()
		}
	}
	valid := plainOwner
	if c.Kind == Azure {
		valid = azureOwner
	}
	if len(segments) > depth || slices.ContainsFunc(segments, func(s string) bool {
		return !valid.MatchString(s) || strings.Trim(s, ".") == "" || strings.TrimSpace(s) != s
	}) {
		return "not " + string(c.Kind) + ":" + map[Kind]string{
			GitHub: "ORG", GitLab: "GROUP or gitlab:GROUP/SUBGROUP", Azure: "ORG or ado:ORG/PROJECT", Bitbucket: "WORKSPACE", Gitea: "ORG",
		}[c.Kind] + ", with or without /PATTERN"
	}
	c.Owner = strings.Join(segments, "/")
	if token.MatchString(c.Owner) && tokenUser.MatchString(c.Owner) {
		return "the owner looks like a token"
	}
	return ""
}

// page reads the path of a page that lists an owner's repositories. It returns
// nil for any other, a repository's own for one.
func page(kind Kind, u *url.URL) []string {
	var segments []string
	for s := range strings.SplitSeq(strings.Trim(u.EscapedPath(), "/"), "/") {
		s, err := url.PathUnescape(s)
		if err != nil || strings.HasSuffix(s, ".git") {
			return nil
		}
		segments = append(segments, s)
	}
	n := len(segments)
	starred := strings.Contains(segments[n-1], "*")
	switch {
	case segments[0] == "" && kind != Azure:
		return nil
	case kind == GitHub && segments[0] == "orgs" && n > 1:
		if segments = segments[1:]; len(segments) == 2 && segments[1] == "repositories" {
			segments = segments[:1]
		}
		return segments
	case kind == GitLab && segments[0] == "groups" && n > 1:
		return segments[1:]
	case kind == Azure:
		if org, ok := strings.CutSuffix(u.Hostname(), ".visualstudio.com"); ok {
			segments = append([]string{org}, slices.DeleteFunc(segments, func(s string) bool {
				return s == "" || strings.EqualFold(s, "DefaultCollection")
			})...)
		}
		if slices.Contains(segments, "_git") || segments[0] == "" || len(segments) > 2 && !starred {
			return nil
		}
		return segments
	case n == 1 || n == 2 && starred:
		return segments
	}
	return nil
}
