package workers

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Login is a user name and a password or token for one host. It is never
// written to disk.
type Login struct {
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
}

// Token is the token of a login to an API: the password, or the user where a
// URL holds nothing else before its @.
func (l Login) Token() string { return cmp.Or(l.Password, l.Username) }

// marks begin the tokens of GitHub, GitLab and Atlassian, which chose them so
// that a token can be told from all else.
const marks = `(?:gh[opsur]_|github_pat_|gl(?:agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rt|rtr|soat|wt)-|AT(?:BB|ATT|CTT))`

var (
	// token knows the marks, and what is too long for the name of a person.
	token = lazyregexp.New(`^` + marks + `|^[A-Za-z0-9+/_=.-]{20,}$`)
	// tokenUser is a token in the place of an ssh user. Those may have long
	// names, 20 characters at AWS CodeCommit; 32 are the most that Linux has
	// (useradd(8)).
	tokenUser = lazyregexp.New(`^` + marks + `|^[A-Za-z0-9]{33,}$`)
	// marked is a token wherever it stands.
	marked = lazyregexp.New(`\b` + marks + `[A-Za-z0-9_-]{16,}[A-Za-z0-9_=-]*`)
)

// plainUsers are user names that hosts document for use with a token.
var plainUsers = []string{"", "git", "oauth2", "x-access-token", "x-token-auth", "x-bitbucket-api-token-auth", "x-oauth-basic", "pat"}

// urlLogin takes the credential out of an http or https URL. A user without a
// password may be a token, which some hosts take as the name of the user. On
// Azure DevOps and Bitbucket, whose "clone" buttons put the organisation or
// the user there, a short one is not.
func urlLogin(u *url.URL) Login {
	name := u.User.Username()
	password, _ := u.User.Password()
	if password == "" && !token.MatchString(name) && namesUsers(u.Hostname()) {
		return Login{}
	}
	return Login{Username: name, Password: password}
}

func namesUsers(host string) bool {
	return host == "dev.azure.com" || strings.HasSuffix(host, ".visualstudio.com") || host == "bitbucket.org"
}

// secrets lists what of l must never be shown.
func (l Login) secrets() []string {
	var list []string
	if l.Password != "" && !slices.Contains(plainUsers, l.Password) {
		list = append(list, l.Password)
	}
	lone := l.Password == "" || slices.Contains(plainUsers, l.Password)
	if (lone || token.MatchString(l.Username)) && !slices.Contains(plainUsers, l.Username) {
		list = append(list, l.Username)
	}
	return list
}

// endpoint is what a credential belongs to: where git asks, or where a clone
// URL leads. Two are compared after normalization.
type endpoint struct{ scheme, host, path string }

// parseEndpoint reads a clone URL, or a key of Input.Logins. It reports false
// for what git asks no credential for.
func parseEndpoint(s string) (endpoint, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return endpoint{}, false
	}
	return newEndpoint(u.Scheme, u.Host, u.Path), true
}

func newEndpoint(scheme, host, path string) endpoint {
	host = strings.ToLower(host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return endpoint{scheme, host, strings.TrimSuffix(strings.Trim(path, "/"), ".git")}
}

// key is how Input.Logins names e.
func (e endpoint) key() string {
	if e.path == "" {
		return e.scheme + "://" + e.host
	}
	return e.scheme + "://" + e.host + "/" + e.path
}

// hostname is e's host without its port.
func (e endpoint) hostname() string {
	u := url.URL{Host: e.host}
	return u.Hostname()
}

// safe reports whether a credential that was not given for this very URL may
// be sent to e: not in clear text over a network.
func (e endpoint) safe() bool { return e.scheme == "https" || loopback(e.hostname()) }
