package workers

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// fillTimeout bounds what the user's helpers may take.
const fillTimeout = 15 * time.Second

// Fill asks git's own credential helpers for the login of a host, as `git
// credential fill` does; see git-credential(1). It runs git, and nobody is
// asked anything. Without a login, or where it would be sent in clear text over
// a network, it reports false.
func (g Git) Fill(ctx context.Context, environ []string, protocol, host string) (Login, bool) {
	if !newEndpoint(protocol, host, "").safe() || strings.ContainsAny(protocol+host, "\n\x00") {
		return Login{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, fillTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.Path, "credential", "fill") //nolint:gosec // git, as the user has it
	cmd.Env, cmd.Dir, cmd.WaitDelay = gitEnv(environ), filepath.VolumeName(g.Path)+string(filepath.Separator), outputGrace
	cmd.Stdin = strings.NewReader("protocol=" + protocol + "\nhost=" + host + "\n\n")
	apart(cmd)
	out, err := cmd.Output()
	if err != nil {
		return Login{}, false
	}
	var l Login
	for line := range bytes.Lines(out) {
		switch key, value, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), "="); key {
		case "username":
			l.Username = value
		case "password":
			l.Password = value
		}
	}
	return l, l.Password != ""
}
