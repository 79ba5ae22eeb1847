package workers

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// ghKnows reports whether gh is installed and logged in to host, by its list
// of hosts: a top-level key of hosts.yml.
func (c *Credentials) ghKnows(host string) bool {
	if c.gh == "" {
		return false
	}
	data, err := readRegular(filepath.Join(ghConfig(c.ghEnv), "hosts.yml"), maxDotenv)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		if key, _, ok := strings.Cut(line, ":"); ok && strings.Trim(key, `"'`) == host {
			return true
		}
	}
	return false
}

// ghConfig is gh's own rule, see `gh help environment`.
func ghConfig(env []string) string {
	home := lookup(env, "HOME")
	switch {
	case lookup(env, "GH_CONFIG_DIR") != "":
		return lookup(env, "GH_CONFIG_DIR")
	case lookup(env, "XDG_CONFIG_HOME") != "":
		return filepath.Join(lookup(env, "XDG_CONFIG_HOME"), "gh")
	case runtime.GOOS == "windows" && lookup(env, "AppData") != "":
		return filepath.Join(lookup(env, "AppData"), "GitHub CLI")
	}
	return filepath.Join(home, ".config", "gh")
}

func (c *Credentials) askGH(ctx context.Context, host string) (Login, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.asked[host]; ok {
		return l, l.Password != ""
	}
	ctx, cancel := context.WithTimeout(ctx, c.ghWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.gh, "auth", "token", "--hostname", host) //nolint:gosec // host is a key of gh's own file
	cmd.Env = append(c.ghEnv[:len(c.ghEnv):len(c.ghEnv)], "GH_PROMPT_DISABLED=1", "GH_NO_UPDATE_NOTIFIER=1")
	apart(cmd)
	cmd.WaitDelay = outputGrace
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return Login{}, false // ask again another time
	}
	l := Login{Username: "x-access-token", Password: strings.TrimSpace(string(out))}
	if err != nil || l.Password == "" {
		l = Login{}
	}
	c.log.AddLogin(l)
	c.asked[host] = l
	return l, l.Password != ""
}
