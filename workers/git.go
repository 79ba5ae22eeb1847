package workers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// Git is a git program that is new enough.
type Git struct {
	Path    string
	Version string // as git says it
}

// The oldest git that works: 2.31 of March 2021.
const (
	minMajor = 2
	minMinor = 31
)

var gitVersion = lazyregexp.New(`^git version (\d+)\.(\d+)([^\s]*.*)$`)

// versionTimeout is how long git may take to say its version.
const versionTimeout = 30 * time.Second

// outputGrace is how long others may keep the output of a program open that has
// ended. What it wrote is read meanwhile, which takes a busy machine a while.
const outputGrace = 5 * time.Second

// signalSpread is how long a signal to a control group takes, at most, from
// one of its processes to another.
const signalSpread = 3 * time.Second

// FindGit looks for git, at path or if that is empty on PATH, and asks it for
// its version. The error is an [*InputError] if there is none, or it is older
// than 2.31.
func FindGit(ctx context.Context, path string) (Git, error) {
	if path == "" {
		path = "git"
	}
	found, err := exec.LookPath(path)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return Git{}, &InputError{path, "not found on PATH; git 2.31 or newer is needed"}
	}
	if found, err = filepath.Abs(found); err != nil {
		return Git{}, fmt.Errorf("find git: %w", err)
	}
	whole := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, versionTimeout, errors.New("no answer in "+versionTimeout.String()))
	defer cancel()
	cmd := exec.CommandContext(ctx, found, "version") //nolint:gosec // git, as the user has it
	apart(cmd)
	cmd.WaitDelay = outputGrace
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == -1 {
		// A signal for everything of ours may reach git before it reaches us.
		select {
		case <-whole.Done():
		case <-time.After(signalSpread):
		}
	}
	if errors.Is(whole.Err(), context.Canceled) { // which ctx hears of a moment later
		return Git{}, context.Cause(whole)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Git{}, &InputError{found, "does not run: " + jobs.Printable(err.Error())}
	}
	version, reason := checkVersion(string(out))
	if reason != "" {
		return Git{}, &InputError{found, reason}
	}
	return Git{found, version}, nil
}

// checkVersion reads what `git version` prints, such as "git version 2.39.5
// (Apple Git-154)" or "git version 2.45.0.windows.1".
func checkVersion(out string) (version, reason string) {
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	m := gitVersion.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil {
		return "", "does not say its version; git 2.31 or newer is needed"
	}
	version = strings.TrimPrefix(m[0], "git version ")
	major, err1 := strconv.Atoi(m[1])
	minor, err2 := strconv.Atoi(m[2])
	if err1 != nil || err2 != nil || major < minMajor || major == minMajor && minor < minMinor {
		return "", "is " + jobs.Printable(version) + "; git 2.31 or newer is needed"
	}
	return version, ""
}

// settings are what a user configured for every repository and a run of git
// here has to take up.
type settings struct{ sshCommand, templateDir string }

// settings asks git once. Only what lies outside of repositories counts.
func (g Git) settings(ctx context.Context, env []string) settings {
	var s settings
	cmd := exec.CommandContext(ctx, g.Path, "config", "-z", "--get-regexp", `^(core\.sshcommand|init\.templatedir)$`) //nolint:gosec // git, as the user has it
	cmd.Env, cmd.Dir, cmd.WaitDelay = env, filepath.VolumeName(g.Path)+string(filepath.Separator), outputGrace
	out, err := cmd.Output()
	if err != nil {
		return s // none is set
	}
	for pair := range bytes.SplitSeq(out, []byte{0}) {
		switch key, value, _ := strings.Cut(string(pair), "\n"); strings.ToLower(key) {
		case "core.sshcommand":
			s.sshCommand = value
		case "init.templatedir":
			s.templateDir = value
		}
	}
	return s
}

// kept are the GIT_ variables that say how to reach a host or where a user's
// own configuration is. The others point git at some repository, trace into
// files, or let a program of someone else's choice ask for passwords.
var kept = lazyregexp.New(`^GIT_(SSL_.*|HTTP_.*|PROXY_.*|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|SSH|SSH_COMMAND|SSH_VARIANT|EXEC_PATH|TEMPLATE_DIR)$`)

// gitEnv is the environment of git: environ without what misleads it and
// without tokens, which git does not need. Messages are in English, because
// they are classified.
func gitEnv(environ []string) []string {
	env := make([]string, 0, len(environ)+8)
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		name = strings.ToUpper(name)
		switch {
		case strings.HasPrefix(name, "GIT_") && !kept.MatchString(name):
		case name == "SSH_ASKPASS" || name == "SSH_ASKPASS_REQUIRE" || secretName.MatchString(name):
		case name == "LANGUAGE" || name == "LC_ALL" || name == "LC_MESSAGES":
		default:
			env = append(env, e)
		}
	}
	return append(env,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=", // set and empty: neither core.askPass nor SSH_ASKPASS is asked (git's prompt.c)
		"GIT_ALLOW_PROTOCOL=https:http:ssh:git:file",
		"GIT_OPTIONAL_LOCKS=0",
		"GCM_INTERACTIVE=never",
		"LC_ALL=C",
	)
}

// sshEnv adds the ssh command: the user's own, which may not ask questions.
func sshEnv(env []string, s settings) []string {
	command := lookup(env, "GIT_SSH_COMMAND")
	if command == "" {
		command = s.sshCommand
	}
	if program := lookup(env, "GIT_SSH"); command == "" && program != "" {
		command = ShellQuote(program)
	}
	if command == "" {
		command = "ssh"
	}
	return append(env, "GIT_SSH_COMMAND="+batchMode(command, lookup(env, "GIT_SSH_VARIANT")))
}

// batchMode knows what git itself knows of ssh programs, see ssh.variant in
// git-config(1).
func batchMode(command, variant string) string {
	if variant == "" || variant == "auto" {
		program := strings.Trim(command, `"'`)
		if i := strings.IndexAny(program, `"' `); i > 0 && !strings.ContainsAny(command[:1], `"'`) {
			program = program[:i]
		} else if j := strings.IndexAny(program, `"'`); j > 0 {
			program = program[:j]
		}
		program = program[strings.LastIndexAny(program, `/\`)+1:]
		variant = strings.TrimSuffix(strings.ToLower(program), ".exe")
	}
	switch variant {
	case "plink", "putty":
		return command + " -batch"
	case "tortoiseplink", "simple":
		return command
	default:
		return command + " -oBatchMode=yes"
	}
}

// lookup returns the last value of name in env.
func lookup(env []string, name string) string {
	value := ""
	for _, e := range env {
		if k, v, _ := strings.Cut(e, "="); k == name {
			value = v
		}
	}
	return value
}

// ShellQuote makes s one word of sh(1).
func ShellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// apart keeps git away from the terminal. Windows has no sessions; there git
// gets no console.
func apart(cmd *exec.Cmd) {
	if runtime.GOOS == "windows" {
		platform.Group(cmd)
		return
	}
	platform.Detach(cmd)
}

// private are the -c options of every run. They hold for the process and what
// it starts, and are not written to the new repository.
func private() []string {
	all := []string{
		"-c", "core.hooksPath=" + os.DevNull, // a template's post-checkout
		"-c", "core.askPass=",
		"-c", "core.fsmonitor=false", // a daemon that would outlive us
		"-c", "gc.auto=0",
		"-c", "maintenance.auto=false",
		"-c", "advice.detachedHead=false",
	}
	if runtime.GOOS == "windows" {
		all = append(all, "-c", longPaths)
	}
	return all
}

// longPaths lets Git for Windows have paths of more than 260 characters.
const longPaths = "core.longpaths=true"
