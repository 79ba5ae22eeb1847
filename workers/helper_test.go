package workers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Git is answered, and what it would have stored or erased starts nothing.
func TestHelperIsAskedOnly(t *testing.T) {
	dir := t.TempDir()
	asked := filepath.Join(dir, "it's asked")
	helper := []string{"sh", "-c", `echo "$1" >>"$0"; printf 'username=a\npassword=b\n'`, asked}
	for _, op := range []string{"fill", "approve", "reject"} {
		cmd := exec.CommandContext(t.Context(), "git", append(helperOptions(helper), "credential", op)...)
		cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1")
		cmd.Stdin = strings.NewReader("protocol=https\nhost=example.org\npath=acme/web\nusername=a\npassword=b\n\n")
		if op == "fill" {
			cmd.Stdin = strings.NewReader("protocol=https\nhost=example.org\npath=acme/web\n\n")
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git credential %s: %v: %s", op, err, out)
		}
		if op == "fill" && !strings.Contains(string(out), "password=b\n") {
			t.Errorf("git was answered %q", out)
		}
	}
	if got, err := os.ReadFile(asked); err != nil || string(got) != "get\n" {
		t.Errorf("asked %q, %v", got, err)
	}
}
