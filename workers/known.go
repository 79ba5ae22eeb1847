package workers

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/specweave/specweave/platform"
)

// ServersOf returns of which kind the hosts of clone URLs are, as far as the
// variables of environ name them: those of the shell, and --host in their place,
// see [Hosts.Environ]. A job keeps it, to find its tokens where nothing names the
// servers any more; see [KnownServers] for what else that takes.
func ServersOf(repos []Repository, environ []string) map[string]Kind {
	wanted := make(map[string]bool)
	for _, r := range repos {
		if e, ok := parseEndpoint(r.CloneURL); ok {
			wanted[e.host] = true
		}
	}
	servers := make(map[string]Kind)
	for name, kind := range serverVariables {
		host := hostOf(lookup(environ, name))
		if name == "GITHUB_API_URL" {
			host = strings.TrimPrefix(host, "api.")
		}
		if wanted[host] {
			servers[host] = kind
		}
	}
	return servers
}

// KnownServers are the servers that this user has named at launches, in a
// directory of the user's own with one small file each; "" for none.
//
// What a job keeps of its servers is in the project, whose files may come from
// anyone and would have tokens sent wherever they like. It counts where the user
// has said the same.
type KnownServers string

// maxServer bounds the file of one: a kind, and a host of 255 bytes with a port.
const maxServer = 512

// Remember adds servers, by host.
func (k KnownServers) Remember(servers map[string]Kind) error {
	for host, kind := range servers {
		if k.kind(host) == kind {
			continue
		}
		if err := os.MkdirAll(string(k), 0o700); err != nil {
			return err
		}
		if err := platform.WriteFile(k.path(host), []byte(string(kind)+" "+host+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// Of returns those of servers that are known to be of that kind.
func (k KnownServers) Of(servers map[string]Kind) map[string]Kind {
	known := make(map[string]Kind)
	for host, kind := range servers {
		if kind != "" && k.kind(host) == kind {
			known[host] = kind
		}
	}
	return known
}

// kind is that of a host, "" if it is not known.
func (k KnownServers) kind(host string) Kind {
	if k == "" {
		return ""
	}
	data, err := readRegular(k.path(host), maxServer)
	kind, name, _ := strings.Cut(strings.TrimSuffix(string(data), "\n"), " ")
	if err != nil || name != host {
		return ""
	}
	return Kind(kind)
}

func (k KnownServers) path(host string) string { return filepath.Join(string(k), short(host, 32)) }
