package workers

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// location is where a repository is, whatever way leads there.
type location struct {
	host  string // without port and what only ssh puts before it; "" for this machine's disk
	port  string // of http and https; 443 for 80, but on this machine
	path  string // folded: no host has names that differ only in case, but see exact
	exact string
}

// parseLocation reads a clone URL, or the URL of a remote that somebody set.
func parseLocation(s string) location {
	var r location
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		r.host, r.path = u.Hostname(), u.Path
		if strings.HasPrefix(u.Scheme, "http") {
			r.port = cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		}
		if r.port == "80" && !loopback(r.host) { // a host that is not this machine has one server for both
			r.port = "443"
		}
	} else if local, ok := strings.CutPrefix(s, "file://"); ok || isLocal(s) {
		r.path = local
	} else if host, p, ok := strings.Cut(s, ":"); ok && !strings.Contains(host, "/") {
		r.host, r.path = host[strings.LastIndexByte(host, '@')+1:], p
	} else {
		r.path = s
	}
	r.host = strings.ToLower(r.host)
	segments := azure(r.host, strings.Split(strings.Trim(r.path, "/"), "/"))
	r.exact = strings.TrimSuffix(strings.Join(segments, "/"), ".git")
	r.path = fold(r.exact)
	switch {
	case strings.HasSuffix(r.host, ".visualstudio.com") || r.host == "ssh.dev.azure.com":
		r.host = "dev.azure.com"
	default: // of hosts that take ssh on port 443
		r.host = strings.TrimPrefix(strings.TrimPrefix(r.host, "altssh."), "ssh.")
	}
	return r
}

// same reports whether two locations are one repository. A host without a dot is
// a name of the user's own, in ssh_config(5) or for url.*.insteadOf: only the
// path tells then.
func (r location) same(o location) bool {
	named := func(host string) bool { return strings.Contains(host, ".") || loopback(host) }
	switch {
	case r.path != o.path:
		return false
	case r.host == "" || o.host == "":
		return r.host == o.host
	case !named(r.host) || !named(o.host):
		return true
	case r.port != "" && o.port != "" && r.port != o.port: // another port is another server
		return false
	}
	return r.host == o.host || loopback(r.host) && loopback(o.host)
}

// any is key where neither case nor the way counts.
func (r location) any() location { return location{host: r.host, path: r.path} }

// identical is same where case counts.
func (r location) identical(o location) bool { return r.exact == o.exact && r.same(o) }

// short is the beginning of a hash of s in n hexadecimal digits.
func short(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}

// maxGitConfig bounds what is read of a repository's configuration.
const maxGitConfig = 1 << 20

// Remotes returns the URLs of all remotes of the repository whose work tree or
// git directory is dir, as its configuration has them; none if there is no
// repository or it is one of another kind, a worktree for one. It starts no git.
func Remotes(dir string) []string {
	data, err := readRegular(filepath.Join(dir, ".git", "config"), maxGitConfig)
	if err != nil {
		if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
			return nil
		}
		if data, err = readRegular(filepath.Join(dir, "config"), maxGitConfig); err != nil {
			return nil
		}
	}
	var urls []string
	inside := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inside = strings.HasPrefix(strings.ToLower(line), `[remote "`)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if ok && inside && strings.EqualFold(strings.TrimSpace(key), "url") {
			urls = append(urls, strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return urls
}
