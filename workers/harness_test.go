package workers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// TestMain lets the test binary be git's credential helper, and a worker that
// can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "jobs" && os.Args[2] == "credential" {
		if err := AskCredential(context.Background(), os.Args[3], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if project, id, ok := strings.Cut(os.Getenv("WORKERS_TEST_JOB"), "\n"); ok {
		r := &run{project: project, store: jobs.Open(project), opts: CloneOptions{Environ: os.Environ(), Limits: os.Getenv("WORKERS_TEST_LIMITS")}}
		claim, err := r.store.Claim(id)
		if err == nil {
			err = NewClone(r.opts).Work(context.Background(), claim.Job, claim.Progress)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// git runs git without the configuration of whoever runs the tests.
func git(tb testing.TB, dir string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// bareRepo makes dir/name a bare repository with three commits on main.
func bareRepo(tb testing.TB, dir, name string) string {
	tb.Helper()
	src := filepath.Join(tb.TempDir(), "src")
	git(tb, "", "init", "-q", "-b", "main", src)
	for i := range 3 {
		write(tb, filepath.Join(src, "file"), fmt.Sprintf("%d %s\n", i, strings.Repeat("x", 2000)))
		git(tb, src, "add", ".")
		git(tb, src, "commit", "-qm", fmt.Sprint(i))
	}
	dst := filepath.Join(dir, name)
	git(tb, "", "clone", "-q", "--bare", src, dst)
	git(tb, dst, "config", "uploadpack.allowFilter", "true")
	return dst
}

func write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	// A child of another test that was forked meanwhile would hold the file open
	// for writing, and running it would fail with "text file busy".
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(content), 0o644)
	syscall.ForkLock.RUnlock()
	if err != nil {
		tb.Fatal(err)
	}
}

// serve makes the repositories below dir reachable over HTTP. around may
// answer a request itself.
func serve(tb testing.TB, dir string, around func(http.ResponseWriter, *http.Request) bool) string {
	tb.Helper()
	exe, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		tb.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(exe)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if around != nil && around(w, r) {
			return
		}
		backend.ServeHTTP(w, r)
	}))
	tb.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// run is one attempt at a clone job.
type run struct {
	project string
	store   *jobs.Store
	job     jobs.Job
	opts    CloneOptions
}

func newRun(tb testing.TB, c CloneConfig) *run {
	tb.Helper()
	project := tb.TempDir()
	return newRunIn(tb, project, c)
}

func newRunIn(tb testing.TB, project string, c CloneConfig) *run {
	tb.Helper()
	home := tb.TempDir()
	store := jobs.Open(project)
	job, err := store.Create(jobs.CloneRepos, c)
	if err != nil {
		tb.Fatal(err)
	}
	return &run{project, store, job, CloneOptions{
		Helper: []string{os.Args[0], "jobs", "credential"},
		Environ: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + filepath.Join(home, ".gitconfig"),
		},
	}}
}

// work runs one attempt and returns how it ended and what the journal says.
func (r *run) work(ctx context.Context, tb testing.TB) (jobs.State, error) {
	tb.Helper()
	claim, err := r.store.Claim(r.job.ID)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = claim.Close() }()
	if err := claim.Start(""); err != nil {
		tb.Fatal(err)
	}
	err = NewClone(r.opts).Work(ctx, r.job, claim.Progress)
	return claim.State(), err
}

// must runs one attempt that has to end well.
func (r *run) must(tb testing.TB) jobs.State {
	tb.Helper()
	s, err := r.work(tb.Context(), tb)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func (r *run) path(elem ...string) string {
	return filepath.Join(append([]string{r.project}, elem...)...)
}

// of makes a config of one repository or more.
func of(tb testing.TB, urls ...string) CloneConfig {
	tb.Helper()
	var sources []Source
	for _, u := range urls {
		s, err := ParseSource(u, Base{Dir: "/"})
		if err != nil {
			tb.Fatal(err)
		}
		sources = append(sources, s)
	}
	repos, _, err := Collect(sources, "")
	if err != nil {
		tb.Fatal(err)
	}
	return CloneConfig{Repositories: repos}
}

// counts checks how many items were done (skipped ones not counted), skipped
// and failed.
func counts(tb testing.TB, s jobs.State, done, skipped, failed int) {
	tb.Helper()
	if s.Done-s.Skipped != done || s.Skipped != skipped || s.Failed != failed {
		tb.Fatalf("done %d, skipped %d, failed %d; want %d, %d, %d; failures: %+v",
			s.Done-s.Skipped, s.Skipped, s.Failed, done, skipped, failed, s.Failures())
	}
}

// eventually waits for a condition.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			tb.Fatalf("%s: not within 20 s", what)
		}
	}
}

// noPartials fails if an unfinished clone is left below dir.
func noPartials(tb testing.TB, dir string) {
	tb.Helper()
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), ".partial-") {
			tb.Errorf("left behind: %s", p)
		}
		return nil
	})
}

// grep returns the files below dir that hold secret.
func grep(tb testing.TB, dir, secret string) []string {
	tb.Helper()
	var found []string
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if data, err := os.ReadFile(p); err == nil && bytes.Contains(data, []byte(secret)) {
				found = append(found, p)
			}
		}
		return nil
	})
	return found
}
