package main

import (
	"net/url"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// trackerWords are the words that begin a list of sources, and what follows.
var trackerWords = map[string]string{
	"github": "OWNER/REPO", "jira": "PROJECT", "ado": "ORG/PROJECT", "gitlab": "GROUP/PROJECT", "gitea": "OWNER/REPO",
}

// parseSources reads words and the sources that follow each, and URLs of items.
// A word and a source may be one argument, with a colon between.
func parseSources(args []string, hosts workers.Hosts) ([]importer.Source, error) {
	var all []importer.Source
	word, used := "", true
	unused := func() error {
		if used {
			return nil
		}
		return usage("%s: no source given: %s %s", word, word, trackerWords[word])
	}
	for _, arg := range args {
		if strings.Contains(arg, "://") {
			s, err := parseItemURL(arg, hosts)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
			continue
		}
		if trackerWords[arg] != "" {
			if err := unused(); err != nil {
				return nil, err
			}
			word, used = arg, false
			continue
		}
		kind, name := word, arg
		if before, after, ok := strings.Cut(arg, ":"); ok && trackerWords[before] != "" {
			kind, name = before, after
		} else {
			used = true
		}
		if kind == "" {
			return nil, hint(usage("%s: no tracker named before it", workers.Show(arg)), "specweave import github OWNER/REPO, jira PROJECT, ado ORG/PROJECT, gitlab GROUP/PROJECT, gitea OWNER/REPO")
		}
		s, err := newSource(kind, name, hosts)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, unused()
}

// newSource is a source on the server of its kind.
func newSource(kind, name string, hosts workers.Hosts) (importer.Source, error) {
	web, api, err := hosts.Server(workers.Kind(kind))
	if err != nil {
		return importer.Source{}, err
	}
	if kind == "jira" {
		name = strings.ToUpper(name)
	}
	s := importer.Source{Platform: kind, Name: name, Server: web.String(), API: api.String()}
	return s, importer.Config{Sources: []importer.Source{s}}.Check()
}

// itemURLs are the paths of the pages of items.
var itemURLs = []struct {
	kind string
	path *lazyregexp.Regexp
}{
	{"gitlab", lazyregexp.New(`^/(.+?)/-/(?:issues|work_items)/(\d+)$`)},
	{"ado", lazyregexp.New(`^/([^/]+/[^/]+)/_workitems/edit/(\d+)$`)},
	{"jira", lazyregexp.New(`/browse/([A-Za-z][A-Za-z0-9_]*)-(\d+)$`)}, // a server may have it in a folder
	{"github", lazyregexp.New(`^/([^/]+/[^/]+)/issues/(\d+)$`)},        // and Gitea
}

// pullURL are the paths of the pages of pull requests: of GitHub, Gitea, GitLab
// and Azure DevOps.
var pullURL = lazyregexp.New(`/(?:pulls?|-/merge_requests|pullrequest)/\d+(?:/|$)`)

// parseItemURL reads the URL of one item. Whose server it is the path says, but
// for GitHub and Gitea, whose paths are alike: there it is GitHub's if that is
// its name.
func parseItemURL(arg string, hosts workers.Hosts) (importer.Source, error) {
	u, err := url.Parse(arg)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return importer.Source{}, &workers.InputError{Input: workers.Show(arg), Reason: "not an https URL"}
	}
	if u.User != nil {
		return importer.Source{}, &workers.InputError{Input: workers.Show(arg), Reason: "a URL of an item holds no credential; see specweave import --help"}
	}
	for _, form := range itemURLs {
		m := form.path.FindStringSubmatch(strings.TrimRight(u.Path, "/"))
		if m == nil {
			continue
		}
		kind, number := form.kind, m[2]
		hosts.Host = u.Scheme + "://" + u.Host
		if kind == "github" && !isGitHub(u.Host, hosts) {
			kind = "gitea"
		}
		if kind == "jira" {
			folder, _, _ := strings.Cut(u.EscapedPath(), "/browse/")
			hosts.Host += folder
			number = strings.ToUpper(m[1]) + "-" + m[2]
		}
		s, err := newSource(kind, m[1], hosts)
		s.Number = number
		return s, err
	}
	reason := "not the URL of an issue or work item"
	if pullURL.MatchString(u.Path) {
		reason = "a pull request, not an issue"
	}
	return importer.Source{}, &workers.InputError{Input: workers.Show(arg), Reason: reason}
}

func isGitHub(host string, hosts workers.Hosts) bool {
	hosts.Host = ""
	web, _, err := hosts.Server(workers.GitHub)
	return host == "github.com" || strings.HasSuffix(host, ".ghe.com") || err == nil && web.Host == host
}

// addOnce adds a source that is configured in several places once.
func addOnce(all []importer.Source, s importer.Source) []importer.Source {
	if slices.ContainsFunc(all, func(o importer.Source) bool { return strings.EqualFold(o.Item(), s.Item()) }) {
		return all
	}
	return append(all, s)
}
