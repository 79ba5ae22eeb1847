package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/specweave/specweave/units/unitstest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"specweave": main,
		"launchctl": func() { os.Exit(unitstest.LaunchctlMain()) },
	})
}

// scheduler is what the scripts hand jobs to. The systemd suite sets it, and so
// does that of the stand-in for launchd.
func scheduler() string {
	if s := os.Getenv("SPECWEAVE_TEST_SCHEDULER"); s != "" {
		return s
	}
	return "detached"
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			self, err := exec.LookPath("specweave")
			if err != nil {
				return err
			}
			bin := filepath.Join(env.WorkDir, "bin") // for a PATH with nothing else
			if err := os.MkdirAll(bin, 0o700); err != nil {
				return err
			}
			if err := os.Symlink(self, filepath.Join(bin, "specweave")); err != nil {
				return err
			}
			if scheduler() == "launchd" && runtime.GOOS != "darwin" {
				if err := standIn(env, env.WorkDir); err != nil {
					return err
				}
			}
			env.Setenv("SPECWEAVE_SCHEDULER", scheduler())
			env.Setenv("SPECWEAVE_NO_SERVICE", "1") // whose session it is, the tests leave it alone
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("LC_ALL", "C.UTF-8")
			for _, name := range []string{"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "RIG_HOME"} {
				env.Setenv(name, os.Getenv(name))
			}
			return os.MkdirAll(filepath.Join(home, "project"), 0o700)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"repos":    makeRepos,
			"jobid":    jobID,
			"until":    untilMatch,
			"unseen":   unseen,
			"serve":    serve,
			"gate":     gate,
			"hidden":   hidden,
			"hang":     hang,
			"deaf":     deaf,
			"throttle": throttle,
			"gitea":    fakeGitea,
			"issues":   makeIssues,
			"stories":  tellStories,
			"launchd":  useLaunchd,
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "systemd":
				return scheduler() == "systemd", nil
			case "launchd":
				return scheduler() == "launchd", nil
			case "root":
				return os.Getuid() == 0, nil
			case "rig": // a manager of the tests' own, with this home
				return os.Getenv("RIG_HOME") != "", nil
			case "mounts": // in a mount namespace of the tests' own
				return os.Getenv("SPECWEAVE_TEST_MOUNTS") != "", nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
	})
}

// repos DIR N makes N repositories below DIR and a file DIR/list with their
// URLs.
func makeRepos(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	if neg || err != nil {
		ts.Fatalf("usage: repos DIR N")
	}
	dir := ts.MkAbs(args[0])
	var list strings.Builder
	for i := range n {
		repo := filepath.Join(dir, fmt.Sprintf("r%02d", i))
		ts.Check(os.MkdirAll(repo, 0o700))
		ts.Check(os.WriteFile(filepath.Join(repo, "file"), []byte(args[1]), 0o600))
		for _, line := range []string{"init -q -b main", "add .", "-c user.name=a -c user.email=a@example.org commit -qm first"} {
			c := exec.Command("git", strings.Fields(line)...)
			c.Dir = repo
			c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1") // not the developer's own
			if out, err := c.CombinedOutput(); err != nil {
				ts.Fatalf("git %s: %v\n%s", line, err, out)
			}
		}
		fmt.Fprintf(&list, "file://%s\n", filepath.ToSlash(repo))
	}
	ts.Check(os.WriteFile(filepath.Join(dir, "list"), []byte(list.String()), 0o600))
}

// jobid VAR sets VAR to what the last command printed.
func jobID(ts *testscript.TestScript, neg bool, args []string) {
	id := strings.TrimSpace(ts.ReadFile("stdout"))
	if neg || len(args) != 1 || len(id) != 8 {
		ts.Fatalf("no job id: %q", id)
	}
	ts.Setenv(args[0], id)
}

// until PATTERN COMMAND… runs a command until its output matches PATTERN.
func untilMatch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND...")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(2 * time.Minute); ; { // launchd keeps whole ones
		_ = ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if pattern.MatchString(out) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("waited in vain for %q; the last output was\n%s", args[0], out)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// unseen TEXT DIR fails if a file below DIR holds TEXT.
func unseen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unseen TEXT DIR")
	}
	ts.Check(filepath.Walk(ts.MkAbs(args[1]), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), args[0]) {
			err = fmt.Errorf("%s holds %s", path, args[0])
		}
		return err
	}))
}

// gitHandler serves the repositories below a directory as git does over HTTP.
func gitHandler(ts *testscript.TestScript, dir string) http.Handler {
	core, err := exec.Command("git", "--exec-path").Output()
	ts.Check(err)
	return &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + ts.MkAbs(dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
}

// serve DIR TOKEN VAR serves the repositories below DIR over HTTP to whoever
// has the token, and sets VAR to host and port.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: serve DIR TOKEN VAR")
	}
	server := httptest.NewServer(guarded(gitHandler(ts, args[0]), args[1]))
	ts.Defer(server.Close)
	ts.Setenv(args[2], strings.TrimPrefix(server.URL, "http://"))
}

// guarded lets only those through who have the token.
func guarded(h http.Handler, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != token && password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// hidden TEXT fails if the arguments or the environment of any process that
// this user may look at hold TEXT. What other scripts run beside this one may.
func hidden(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hidden TEXT")
	}
	if runtime.GOOS == "darwin" {
		all, err := exec.Command("ps", "-axEww", "-o", "command").Output()
		ts.Check(err)
		if strings.Contains(string(all), args[0]) {
			ts.Fatalf("ps shows %s", args[0])
		}
		return
	}
	own := "WORK=" + ts.Getenv("WORK")
	processes, err := filepath.Glob("/proc/[0-9]*")
	ts.Check(err)
	for _, p := range processes {
		environ, _ := os.ReadFile(filepath.Join(p, "environ"))
		cmdline, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		other := func(v string) bool { return strings.HasPrefix(v, "WORK=") && v != own }
		if slices.ContainsFunc(strings.Split(string(environ), "\x00"), other) {
			continue
		}
		if strings.Contains(string(environ)+string(cmdline), args[0]) {
			ts.Fatalf("%s holds %s: %q %q", p, args[0], cmdline, environ)
		}
	}
	if len(processes) == 0 {
		ts.Fatalf("no processes to look at")
	}
}

// hang VAR serves HTTP without ever answering, and sets VAR to host and port.
func hang(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hang VAR")
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ts.Setenv(args[0], strings.TrimPrefix(server.URL, "http://"))
}

// deaf VAR makes a runtime directory whose user manager takes connections and
// never answers, and sets VAR to it.
func deaf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: deaf VAR")
	}
	dir, err := os.MkdirTemp("", "deaf") // a socket's path must be short
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	ts.Check(os.Mkdir(filepath.Join(dir, "systemd"), 0o700))
	l, err := net.Listen("unix", filepath.Join(dir, "systemd", "private"))
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], dir)
}

// Whoever writes a list to standard input may take their time; the first
// Ctrl-C ends the wait.
func TestInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	check(t, err)
	defer w.Close()
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := run(ctx, []string{"clone", "--from", "-", "-C", t.TempDir()}, stdio{r, &out, &out}, func() {}); code != exitInterrupted {
		t.Errorf("%d: %s", code, out.String())
	}
}
