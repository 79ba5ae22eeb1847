package workers

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// secretName matches the names of variables that hold tokens. Git is run
// without them.
var secretName = lazyregexp.New(`^((GITHUB|GH|GITLAB|GITEA|BITBUCKET|JIRA|ADO|AZURE_DEVOPS)_(.*_)?(TOKEN|PAT|PASSWORD|OAUTH)|CI_JOB_TOKEN|SYSTEM_ACCESSTOKEN)$`)

// serverVariables name the servers of a kind, see [Hosts].
var serverVariables = map[string]Kind{
	"GH_HOST": GitHub, "GITHUB_API_URL": GitHub, "GITLAB_HOST": GitLab, "AZURE_DEVOPS_ORG_URL": Azure, "GITEA_URL": Gitea,
	"JIRA_DOMAIN": Jira, "JIRA_HOST": Jira, "JIRA_BASE_URL": Jira,
}

// tokens says which variables hold the token for a host, in order, and the
// user name that goes with it. get looks a variable up, for the hosts that are
// themselves configured by one.
func tokens(host string, get func(string) string) (names []string, user string) {
	gitlab := cmp.Or(hostOf(get("GITLAB_HOST")), "gitlab.com")
	switch {
	case host == "github.com":
		return []string{"GITHUB_TOKEN", "GH_TOKEN"}, "x-access-token"
	case host == hostOf(get("GH_HOST")) || host == strings.TrimPrefix(hostOf(get("GITHUB_API_URL")), "api."):
		return []string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"}, "x-access-token"
	case host == gitlab:
		return []string{"GITLAB_TOKEN"}, "oauth2"
	case host == "dev.azure.com" || strings.HasSuffix(host, ".visualstudio.com") || host == hostOf(get("AZURE_DEVOPS_ORG_URL")):
		return []string{"AZURE_DEVOPS_PAT", "ADO_PAT", "AZURE_DEVOPS_TOKEN"}, "pat"
	case host == "bitbucket.org":
		return []string{"BITBUCKET_TOKEN", "BITBUCKET_APP_PASSWORD"}, "x-token-auth"
	case host == cmp.Or(hostOf(get("GITEA_URL")), "gitea.com"):
		return []string{"GITEA_TOKEN"}, "oauth2"
	case host == hostOf(cmp.Or(get("JIRA_DOMAIN"), get("JIRA_HOST"), get("JIRA_BASE_URL"))) || strings.HasSuffix(host, ".atlassian.net"):
		return []string{"JIRA_API_TOKEN", "JIRA_TOKEN"}, get("JIRA_EMAIL")
	}
	return nil, ""
}

// hostOf accepts a host or a URL.
func hostOf(s string) string {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = newEndpoint(u.Scheme, u.Host, "").host
	}
	return strings.ToLower(strings.TrimRight(s, "/"))
}

// Credentials finds the credential of a host. At each start the places are
// asked in this order: a URL given for this launch, the project's .env, the
// environment, gh, and then git's own helpers, which it leaves alone.
type Credentials struct {
	logins map[endpoint]Login
	layers []layer
	gh     string // path of the program; empty: none
	ghEnv  []string
	log    *Redactor

	mu     sync.Mutex
	known  map[string]Kind  // see Know
	asked  map[string]Login // hosts that gh was asked about
	ghWait time.Duration
}

// layer is a set of variables.
type layer struct {
	name  string // in references
	get   func(string) string
	names func(string) string // which servers its tokens are for
}

// othersOnly is no host. It stands for a server that only .env names: a project's
// files may come from anyone, and no token of the environment is for whom they
// name; nor for the public server, in whose place that one was named.
const othersOnly = "\x00"

// NewCredentials reads the project's .env and looks for gh and its list of
// hosts. environ is the process's environment.
func NewCredentials(project string, in Input, environ []string) *Credentials {
	dotenv := readDotenv(filepath.Join(project, ".env"))
	env := func(name string) string {
		if v, ok := in.Env[name]; ok {
			return v
		}
		return lookup(environ, name)
	}
	c := &Credentials{
		logins: make(map[endpoint]Login, len(in.Logins)),
		ghEnv:  environ,
		log:    &Redactor{},
		known:  make(map[string]Kind),
		asked:  make(map[string]Login),
		ghWait: 15 * time.Second,
	}
	c.layers = []layer{
		{"dotenv", func(name string) string { return dotenv[name] }, c.Variable},
		{"env", env, func(name string) string {
			switch v := env(name); {
			case serverVariables[name] == "":
				return c.Variable(name)
			case v == "" && dotenv[name] != "":
				return othersOnly
			default:
				return v
			}
		}},
	}
	c.Know(in.Servers)
	for key, login := range in.Logins {
		if e, ok := parseEndpoint(key); ok {
			c.logins[e] = login
			c.log.AddLogin(login)
		}
	}
	for _, vars := range []map[string]string{in.Env, dotenv} {
		for name, value := range vars {
			if secretName.MatchString(name) {
				c.log.Add(strings.TrimSpace(value))
			}
		}
	}
	for _, e := range environ {
		if name, value, _ := strings.Cut(e, "="); secretName.MatchString(name) {
			c.log.Add(strings.TrimSpace(value))
		}
	}
	if path, err := exec.LookPath("gh"); err == nil {
		c.gh = path
	}
	return c
}

// Redactor returns what removes every secret that c has met from text.
func (c *Credentials) Redactor() *Redactor { return c.log }

// given returns what a URL of this launch held for e: for that repository, or
// one whose path leads there (Git LFS asks below it), or the host.
func (c *Credentials) given(e endpoint) (Login, bool) {
	for {
		if l, ok := c.logins[e]; ok {
			return l, true
		}
		if e.path == "" {
			return Login{}, false
		}
		i := strings.LastIndexByte(e.path, '/')
		e.path = strings.TrimSuffix(e.path[:max(i, 0)], ".git")
	}
}

// Variable returns the value of a variable: of the project's .env, which holds
// those of trackers and hosts only, or of the environment.
func (c *Credentials) Variable(name string) string {
	for _, layer := range c.layers {
		if v := layer.get(name); v != "" {
			return v
		}
	}
	return ""
}

// variable looks for e's token in the variables. One of the environment is not
// for a host that only .env names.
func (c *Credentials) variable(e endpoint) (l Login, reference string) {
	if !e.safe() {
		return Login{}, ""
	}
	for _, layer := range c.layers {
		names, user := tokens(e.host, c.knowing(e.host, layer.names))
		for _, name := range names {
			v := strings.TrimSpace(layer.get(name)) // files and settings of CI end with a line feed
			if v == "" {
				continue
			}
			if name == "BITBUCKET_APP_PASSWORD" { // these go with the account's own name
				if user = c.Variable("BITBUCKET_USERNAME"); user == "" {
					user = "x-token-auth"
				}
			}
			return Login{user, v}, layer.name + ":" + name
		}
	}
	return Login{}, ""
}

// Know tells c of which kind hosts are. It counts where no variable names
// a server of that kind, whose tokens are for that one then.
func (c *Credentials) Know(servers map[string]Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.known, servers)
}

// knowing is get with what is known of a host.
func (c *Credentials) knowing(host string, get func(string) string) func(string) string {
	c.mu.Lock()
	kind := c.known[host]
	c.mu.Unlock()
	if kind == "" {
		return get
	}
	for name, of := range serverVariables {
		if of == kind && get(name) != "" {
			return get
		}
	}
	return func(name string) string {
		if serverVariables[name] == kind {
			return host
		}
		return get(name)
	}
}

// Withheld names the variable of the environment whose token is not used for a
// URL, because only .env names its server; "" if there is none. It starts
// nothing.
func (c *Credentials) Withheld(cloneURL string) string {
	e, ok := parseEndpoint(cloneURL)
	if _, reference := c.variable(e); !ok || reference != "" || !e.safe() {
		return ""
	}
	names, _ := tokens(e.host, c.Variable)
	for _, name := range names {
		if c.Variable(name) != "" {
			return name
		}
	}
	return ""
}

// Unset names the variable that would hold the token for a URL if a person set
// it; "" if there is none for its host.
func (c *Credentials) Unset(cloneURL string) string {
	e, ok := parseEndpoint(cloneURL)
	if !ok || !e.safe() {
		return ""
	}
	names, _ := tokens(e.host, c.knowing(e.host, c.Variable))
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// Reference says where the credential for a clone URL would come from:
// "launch", "dotenv:NAME", "env:NAME", "gh", or "git" for git's own helpers.
// It is empty for a URL that git asks no credential for. It starts nothing.
func (c *Credentials) Reference(cloneURL string) string {
	e, ok := parseEndpoint(cloneURL)
	if !ok {
		return ""
	}
	login, found := c.given(e)
	_, reference := c.variable(e)
	switch {
	case found && (login.Password != "" || token.MatchString(login.Username) || reference == ""):
		return "launch"
	case reference != "":
		return reference
	case e.scheme == "https" && c.ghKnows(e.host):
		return "gh"
	}
	return "git"
}

// Login returns the credential for what git asks about, and false if there is
// none. It may run gh once per host.
func (c *Credentials) Login(ctx context.Context, protocol, host, path string) (Login, bool) {
	e := newEndpoint(protocol, host, path)
	given, found := c.given(e)
	if found && (given.Password != "" || token.MatchString(given.Username)) {
		return given, true
	}
	if l, reference := c.variable(e); reference != "" {
		if given.Username != "" {
			l.Username = given.Username // the URL said whose token it is
		}
		return l, true
	}
	if found {
		return given, true
	}
	if e.scheme == "https" && c.ghKnows(e.host) {
		return c.askGH(ctx, e.host)
	}
	return Login{}, false
}
