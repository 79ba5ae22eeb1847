package workers

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// member is a repository of a workspace, in the words and the order of fields
// of SpecWeave's register-repo.js; with the fields of childRepo it is one of an
// umbrella, as clone-worker.js writes it.
type member struct {
	ID     string `json:"id"`
	Path   string `json:"path"`
	Name   string `json:"name"`
	Prefix string `json:"prefix"`
	*childRepo
	Sync *syncTarget `json:"sync,omitempty"`
}

type childRepo struct {
	Team      string `json:"team,omitempty"`
	AreaPath  string `json:"areaPath,omitempty"`
	ClonedAt  string `json:"clonedAt"`
	Status    string `json:"status"`
	GitHubURL string `json:"githubUrl,omitempty"`
}

// syncTarget is where a repository's issues are.
type syncTarget struct {
	GitHub *gitHubTarget `json:"github,omitempty"`
	Azure  *azureTarget  `json:"ado,omitempty"`
	GitLab *otherTarget  `json:"gitlab,omitempty"`
	Gitea  *otherTarget  `json:"gitea,omitempty"`
}

type gitHubTarget struct {
	Owner string `json:"owner"`
	Repo  string `json:"repo"`
}

type azureTarget struct {
	Organization string `json:"organization"`
	Project      string `json:"project"`
}

// otherTarget is on a server that SpecWeave does not know, in the words of our
// profiles.
type otherTarget struct {
	Host  string `json:"host,omitempty"` // "": the public one
	Owner string `json:"owner"`          // may hold slashes
	Repo  string `json:"repo"`
}

// members gives repositories that a workspace does not have yet their ids and
// prefixes.
type members struct {
	ids, prefixes map[string]bool
	shared        map[string]bool // names of the job's repositories: whether several have it
	numbered      map[string]int  // by what numbered prefixes begin with: the last number tried
	servers       map[string]Kind // of which kind hosts are, besides the public ones
}

func newMembers(job []Repository, servers map[string]Kind) *members {
	m := &members{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]int{}, servers}
	for _, r := range job {
		name := fold(r.Name)
		_, m.shared[name] = m.shared[name]
	}
	return m
}

// take notes what an entry that is there has.
func (m *members) take(id, prefix string) {
	m.ids[fold(id)], m.prefixes[strings.ToUpper(prefix)] = true, true
}

func (m *members) add(r Repository) member {
	e := member{ID: m.id(r), Path: r.Path, Name: r.Name, Prefix: m.prefix(r.Name), Sync: target(r.CloneURL, m.servers)}
	m.take(e.ID, e.Prefix)
	return e
}

// id is the name, as SpecWeave has it; with the owner where that is, or is
// about to be, another repository's.
func (m *members) id(r Repository) string {
	if !m.shared[fold(r.Name)] && !m.ids[fold(r.Name)] {
		return r.Name
	}
	id := strings.ReplaceAll(r.Owner, "/", "-") + "-" + r.Name
	if !m.ids[fold(id)] {
		return id
	}
	sum := sha256.Sum256([]byte(r.Path))
	return id + "-" + hex.EncodeToString(sum[:4])
}

// prefix is the first three letters of the name, or more of them where another
// repository has those: stories are routed by two to six letters
// (story-router.js). The last resort is a number, as at SpecWeave's init.
func (m *members) prefix(name string) string {
	letters := strings.Map(func(r rune) rune {
		if r < 'A' || r > 'Z' {
			return -1
		}
		return r
	}, strings.ToUpper(name))
	if len(letters) < 2 {
		letters = "REPO"
	}
	for n := min(3, len(letters)); n <= min(6, len(letters)); n++ {
		if !m.prefixes[letters[:n]] {
			return letters[:n]
		}
	}
	stem := letters[:2]
	for {
		m.numbered[stem] = max(m.numbered[stem]+1, 2)
		if p := stem + strconv.Itoa(m.numbered[stem]); !m.prefixes[p] {
			return p
		}
	}
}

// child adds what an umbrella's entry has besides.
func (e member) child(r Repository, now time.Time) member {
	c := &childRepo{Team: r.Team, AreaPath: r.AreaPath, ClonedAt: now.UTC().Format(isoTime), Status: "cloned"}
	if c.Team == "" && strings.Contains(r.Path, "/") {
		c.Team = teamSuffix.ReplaceAllString(path.Base(r.Path), "")
	}
	if e.Sync != nil && e.Sync.GitHub != nil {
		c.GitHubURL = "https://github.com/" + e.Sync.GitHub.Owner + "/" + e.Sync.GitHub.Repo
	}
	e.childRepo = c
	return e
}

var (
	teamSuffix = lazyregexp.New(`-(fe|be|api|web|mobile|backend|frontend|service|srv)$`)
	onGitHub   = lazyregexp.New(`^(?:https://github\.com/|ssh://git@github\.com/|git@github\.com:)([^/]+)/([^/]+?)(?:\.git)?/?$`)
	onAzure    = lazyregexp.New(`^(?:https://dev\.azure\.com/([^/]+)/([^/]+)/_git/|(?:ssh://)?git@ssh\.dev\.azure\.com[:/]v3/([^/]+)/([^/]+)/)[^/]+$`)
)

// target is where the issues of a repository are. SpecWeave's sync knows GitHub's
// and Azure's public servers, and so a repository of another of those has none.
func target(cloneURL string, servers map[string]Kind) *syncTarget {
	if m := onGitHub.FindStringSubmatch(cloneURL); m != nil {
		return &syncTarget{GitHub: &gitHubTarget{m[1], m[2]}}
	}
	if m := onAzure.FindStringSubmatch(cloneURL); m != nil {
		organization, project := m[1]+m[3], m[2]+m[4]
		if plain, err := url.PathUnescape(project); err == nil {
			project = plain
		}
		return &syncTarget{Azure: &azureTarget{organization, project}}
	}
	l := parseLocation(cloneURL)
	e, isURL := parseEndpoint(cloneURL)
	t := &otherTarget{Owner: path.Dir(l.exact), Repo: path.Base(l.exact)}
	if t.Owner == "." {
		return nil
	}
	if l.host == "gitlab.com" && (!isURL || e.host == l.host) {
		return &syncTarget{GitLab: t}
	}
	t.Host = e.scheme + "://" + e.host
	switch servers[e.host] {
	case GitLab:
		return &syncTarget{GitLab: t}
	case Gitea:
		return &syncTarget{Gitea: t}
	case GitHub, Azure, Bitbucket, Jira:
	}
	return nil
}

// samePlace makes the paths of entries comparable: those of people may be
// absolute, or begin with ./, or hold backslashes.
func samePlace(project, p string) string {
	p = strings.ReplaceAll(p, `\`, "/")
	if full := filepath.FromSlash(p); filepath.IsAbs(full) {
		if rel, err := filepath.Rel(project, full); err == nil {
			p = filepath.ToSlash(rel)
		}
	}
	return fold(path.Clean(p))
}
