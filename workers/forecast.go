package workers

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Answer is yes, no, or that nobody can tell without asking a host.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Forecast says whether the credential that a job needs for a host can be
// found. It holds no secret.
type Forecast struct {
	Host      string `json:"host"`
	Reference string `json:"reference"` // where it came from when the job was created, see [Credentials.Reference]
	Now       Answer `json:"resolvesNow"`
	Reboot    Answer `json:"resolvesAfterReboot"`
	Remedy    string `json:"remedy,omitempty"`
}

// ForecastCredentials says for each host of config that git may ask a
// credential for, and for each place that its credentials came from, what would be found by a job that starts now, from a shell
// with that environment, and by one that goes on after a reboot, when launch
// and shell are gone. helped reports whether git has a helper of its own for a
// URL, and known are the user's servers. It reads .env and gh's list of hosts and
// asks nobody.
func ForecastCredentials(project string, config CloneConfig, known KnownServers, environ []string, helped func(cloneURL string) bool) []Forecast {
	in := Input{Servers: known.Of(config.Servers)}
	now := NewCredentials(project, in, environ)
	later := NewCredentials(project, in, afterReboot(environ))
	var all []Forecast
	for _, r := range config.Repositories {
		host := hostKey(r.CloneURL)
		stored := config.reference(r.CloneURL)
		if stored == "" || slices.ContainsFunc(all, func(f Forecast) bool { return f.Host == host && f.Reference == stored }) {
			continue
		}
		help := helped(r.CloneURL)
		f := Forecast{
			Host: host, Reference: stored,
			Now:    resolves(stored, now.Reference(r.CloneURL), help),
			Reboot: resolves(stored, later.Reference(r.CloneURL), help),
		}
		if f.Reboot == No {
			f.Remedy = remedy(host, stored)
		}
		all = append(all, f)
	}
	return all
}

// resolves decides whether a job that had a credential from stored gets one
// where now is what is found. A helper of git's may have one. A job that never
// had any other may do without: what everyone may read needs none.
func resolves(stored, now string, helped bool) Answer {
	switch {
	case now != "git":
		return Yes
	case gone(stored, now) && !helped:
		return No
	}
	return Unknown
}

// afterReboot is what is left of a shell's environment when nobody has logged
// in: where the user's files are.
func afterReboot(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return !slices.Contains([]string{"HOME", "PATH", "USERPROFILE", "APPDATA"}, strings.ToUpper(name))
	})
}

// Helped reports whether git has a way of its own to a credential for a URL: a
// credential helper, or a ~/.netrc, which its transport reads. It runs git
// config.
func (g Git) Helped(ctx context.Context, environ []string, cloneURL string) bool {
	for _, name := range []string{".netrc", "_netrc"} {
		if _, err := os.Stat(filepath.Join(lookup(environ, "HOME"), name)); err == nil {
			return true
		}
	}
	out, err := g.config(ctx, environ, "--get-urlmatch", "credential.helper", cloneURL)
	return err == nil && len(bytes.TrimSpace(out)) > 0
}

// config runs git config outside of any repository.
func (g Git) config(ctx context.Context, environ []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, g.Path, append([]string{"config"}, args...)...) //nolint:gosec // git, as the user has it
	cmd.Env, cmd.Dir, cmd.WaitDelay = gitEnv(environ), filepath.VolumeName(g.Path)+string(filepath.Separator), outputGrace
	apart(cmd)
	return cmd.Output()
}
