package workers

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

func TestUmask(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		launch, job   string
		current, want int
	}{
		{"", "", 0o022, 0o022},
		{"0077", "", 0o022, 0o077},
		{"0002", "0077", 0o022, 0o002},
		{"0777", "", 0o022, 0o077},
		{"", "0077", 0o022, 0o077},
		{"", "0000", 0o022, 0o022},
		{"", "0002", 0o077, 0o077},
		{"", "0707", 0o022, 0o027},
		{"junk", "0o77", 0o022, 0o022},
		{"77", "-077", 0o022, 0o022},
	} {
		if got := umask(tt.launch, tt.job, tt.current); got != tt.want {
			t.Errorf("%+v: %04o", tt, got)
		}
	}
	if err := (CloneConfig{Umask: "77"}).Check(); err == nil {
		t.Error("a umask of two digits passes")
	}
}

// A worker that was started without its launch, in a process of its own.
func TestCloneKeepsUmask(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no umask")
	}
	c := of(t, bareRepo(t, t.TempDir(), "acme/web.git"))
	c.Umask = "0077"
	r := newRun(t, c)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(r.opts.Environ, "WORKERS_TEST_JOB="+r.project+"\n"+r.job.ID)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, p := range []string{"repositories", "repositories/acme/web", "repositories/acme/web/.git/objects", "repositories/acme/web/file"} {
		info, err := os.Stat(r.path(p))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o", p, mode)
		}
	}
}
