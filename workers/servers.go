package workers

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Hosts says where the servers of a [Collection] are. Its zero value knows the
// public ones. The variables that name others are gh's GH_HOST, the
// GITHUB_API_URL of GitHub Actions, glab's GITLAB_HOST, AZURE_DEVOPS_ORG_URL,
// which names an organisation or collection, GITEA_URL, and SpecWeave's
// JIRA_DOMAIN, JIRA_HOST and JIRA_BASE_URL.
type Hosts struct {
	Host   string              // host or URL of the server of this launch's collections; empty: as the variables say
	Getenv func(string) string // nil: nothing is set
}

func (h Hosts) env(name string) string {
	if h.Getenv == nil {
		return ""
	}
	return strings.TrimSpace(h.Getenv(name))
}

// Server returns where people find the servers of a kind, and the root of their
// API with a slash at its end. The error is an [*InputError].
func (h Hosts) Server(kind Kind) (web, api *url.URL, err error) {
	web, api, reason := h.server(kind)
	if reason != "" {
		return nil, nil, &InputError{string(kind), reason}
	}
	return web, api, nil
}

// server returns where the servers of a kind are, or why not.
func (h Hosts) server(kind Kind) (web, api *url.URL, reason string) {
	switch kind {
	case GitHub:
		return h.github()
	case GitLab:
		return under(cmp.Or(h.Host, h.env("GITLAB_HOST"), "gitlab.com"), "api/v4/")
	case Gitea:
		if given := cmp.Or(h.Host, h.env("GITEA_URL")); given != "" {
			return under(given, "api/v1/")
		}
		return nil, nil, "names no server: give --host, or set GITEA_URL"
	case Jira:
		if given := cmp.Or(h.Host, h.env("JIRA_DOMAIN"), h.env("JIRA_HOST"), h.env("JIRA_BASE_URL")); given != "" {
			return under(given, "")
		}
		return nil, nil, "names no server: give --host, or set JIRA_DOMAIN"
	case Azure:
		given := h.Host
		if given == "" {
			given = azureRoot(parseHost(h.env("AZURE_DEVOPS_ORG_URL")))
		}
		return under(cmp.Or(given, "dev.azure.com"), "")
	case Bitbucket:
		if h.Host != "" && hostOf(h.Host) != "bitbucket.org" {
			return nil, nil, "Bitbucket Data Center is not supported, only bitbucket.org"
		}
		return parseHost("bitbucket.org"), parseHost("https://api.bitbucket.org/2.0/"), ""
	}
	return nil, nil, "no such kind of host"
}

// github knows that the public one, and GitHub Enterprise Cloud with data
// residency, have a host for the API, and GitHub Enterprise Server a folder.
func (h Hosts) github() (web, api *url.URL, reason string) {
	given := cmp.Or(h.Host, h.env("GH_HOST"))
	if given == "" {
		if api := parseHost(h.env("GITHUB_API_URL")); api != nil {
			web := &url.URL{Scheme: api.Scheme, Host: strings.TrimPrefix(api.Host, "api.")}
			return web, folder(api, ""), ""
		}
	}
	web = parseHost(cmp.Or(given, "github.com"))
	switch {
	case web == nil:
		return nil, nil, "malformed host " + Show(given)
	case web.Host == "github.com" || strings.HasSuffix(web.Host, ".ghe.com"):
		return web, &url.URL{Scheme: "https", Host: "api." + web.Host, Path: "/"}, ""
	}
	return web, folder(web, "api/v3/"), ""
}

// under returns a server and its API in a folder.
func under(given, dir string) (web, api *url.URL, reason string) {
	if web = parseHost(given); web == nil {
		return nil, nil, "malformed host " + Show(given)
	}
	return web, folder(web, dir), ""
}

func folder(u *url.URL, dir string) *url.URL {
	f := *u
	f.Path = strings.TrimRight(f.Path, "/") + "/" + dir
	return &f
}

// parseHost accepts host[:port] or an http or https URL, and returns nil for
// what is neither.
func parseHost(s string) *url.URL {
	if s != "" && !scheme.MatchString(s) {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		checkHost(u.Hostname(), u.Port()) != "" {
		return nil
	}
	u.Host = strings.ToLower(u.Host)
	return u
}

// azureRoot is the root of a server from the URL of an organisation, which is
// the last folder of it: https://dev.azure.com/ORG, https://HOST/tfs/COLLECTION.
// Old URLs, https://ORG.visualstudio.com, lead to the same service.
func azureRoot(u *url.URL) string {
	switch {
	case u == nil:
		return ""
	case strings.HasSuffix(u.Hostname(), ".visualstudio.com") || u.Host == "dev.azure.com":
		return "https://dev.azure.com"
	}
	p := strings.Trim(u.Path, "/")
	return u.Scheme + "://" + u.Host + "/" + p[:max(strings.LastIndexByte(p, '/'), 0)]
}

// page reports which kind of server an https URL leads to: a public one or one
// of those that the variables name.
func (h Hosts) page(s string) (*url.URL, Kind, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return nil, "", false
	}
	u.Host = strings.ToLower(u.Host)
	switch {
	case u.Host == "github.com" || is(u, h.env("GH_HOST")):
		return u, GitHub, true
	case u.Host == "gitlab.com" || is(u, h.env("GITLAB_HOST")):
		return u, GitLab, true
	case u.Host == "dev.azure.com" || strings.HasSuffix(u.Host, ".visualstudio.com"):
		return u, Azure, true
	case u.Host == "bitbucket.org":
		return u, Bitbucket, true
	case slices.Contains([]string{"gitea.com", "codeberg.org"}, u.Host) || is(u, h.env("GITEA_URL")):
		return u, Gitea, true
	}
	return nil, "", false
}

// is reports whether u leads to a server that has its root at given.
func is(u *url.URL, given string) bool {
	v := parseHost(given)
	return v != nil && v.Host == u.Host && strings.Trim(v.Path, "/") == ""
}

// Serves reports whether an API is one that a server may have: its own host's,
// or that of the host api. below it, and encrypted if the server is. A credential
// of the server may be sent there.
func Serves(web, api *url.URL) bool {
	return (api.Scheme == "https" || api.Scheme == web.Scheme) && (strings.EqualFold(api.Host, web.Host) || strings.EqualFold(api.Host, "api."+web.Host))
}

// Environ is environ as if the variables named the server of c, where h.Host
// does: its tokens are then looked for under the names of that kind of host. A
// server that only a URL names gets none that was meant for another.
func (h Hosts) Environ(c Collection, environ []string) []string {
	name := map[Kind]string{GitHub: "GH_HOST", GitLab: "GITLAB_HOST", Azure: "AZURE_DEVOPS_ORG_URL", Gitea: "GITEA_URL", Jira: "JIRA_DOMAIN"}[c.Kind]
	told := parseHost(h.Host)
	if told == nil || name == "" || told.Host != c.Server.Host || told.Host == "github.com" {
		return environ
	}
	value := c.Server.String()
	switch c.Kind {
	case GitHub:
		value = c.Server.Host
	case Azure:
		value = strings.TrimRight(value, "/") + "/" + c.Owner
	case GitLab, Gitea, Bitbucket, Jira:
	}
	return append(environ[:len(environ):len(environ)], name+"="+value)
}
