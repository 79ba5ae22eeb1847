package workers

import (
	"net"
	"strconv"
	"strings"
	"unicode"
)

func checkHost(host, port string) string {
	switch {
	case host == "":
		return "names no host"
	case strings.HasPrefix(host, "-"):
		return "host begins with a dash, which ssh would take for an option"
	case port != "" && !validPort(port):
		return "malformed port"
	case net.ParseIP(host) == nil && strings.ContainsFunc(host, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	}):
		return "malformed host"
	}
	return ""
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// ownerName splits the path of a repository on host.
func ownerName(host string, segments []string) (owner, name string) {
	segments = azure(host, segments)
	last := len(segments) - 1
	name = strings.TrimSuffix(segments[last], ".git")
	if last == 0 {
		return strings.ReplaceAll(host, ":", "-"), name
	}
	return strings.Join(segments[:last], "/"), name
}

// azure turns the paths of Azure DevOps into organisation/project/repository.
// A repository named like its project may leave the project out.
func azure(host string, segments []string) []string {
	org, old := strings.CutSuffix(host, ".visualstudio.com")
	ssh := host == "ssh.dev.azure.com" || host == "vs-ssh.visualstudio.com"
	switch {
	case ssh && len(segments) == 4 && segments[0] == "v3":
		return segments[1:]
	case ssh || !old && host != "dev.azure.com":
		return segments
	case old && strings.EqualFold(segments[0], "DefaultCollection"):
		segments = segments[1:]
	}
	if old {
		segments = append([]string{org}, segments...)
	}
	n := len(segments)
	switch {
	case n == 4 && segments[2] == "_git":
		return []string{segments[0], segments[1], segments[3]}
	case n == 3 && segments[1] == "_git":
		return []string{segments[0], segments[2], segments[2]}
	}
	return segments
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
