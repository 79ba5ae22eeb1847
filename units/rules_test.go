package units

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLogoutKills(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files []string
		user  string
		want  bool
	}{
		"no file":              {nil, "ann", false},
		"commented out":        {[]string{"[Login]\n#KillUserProcesses=yes\n; KillUserProcesses=yes\n"}, "ann", false},
		"yes":                  {[]string{"[Login]\nKillUserProcesses=yes\n"}, "ann", true},
		"spaces, another word": {[]string{"[Login]\n KillUserProcesses = On \n"}, "ann", true},
		"another section":      {[]string{"[Logout]\nKillUserProcesses=yes\n"}, "ann", false},
		"no section":           {[]string{"KillUserProcesses=yes\n"}, "ann", false},
		"nonsense":             {[]string{"[Login]\nKillUserProcesses=yes\nKillUserProcesses=maybe\n=\n\n"}, "ann", true},
		"the last file wins":   {[]string{"[Login]\nKillUserProcesses=yes\n", "[Login]\nKillUserProcesses=no\n"}, "ann", false},
		"root":                 {[]string{"[Login]\nKillUserProcesses=yes\n"}, "root", false},
		"root, not excluded":   {[]string{"[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n"}, "root", true},
		"others excluded":      {[]string{"[Login]\nKillUserProcesses=yes\nKillExcludeUsers=bob\n"}, "root", true},
		"excluded":             {[]string{"[Login]\nKillUserProcesses=yes\nKillExcludeUsers=bob \\\n ann\n"}, "ann", false},
		"only others":          {[]string{"[Login]\nKillUserProcesses=yes\nKillOnlyUsers=bob\n"}, "ann", false},
		"only this one":        {[]string{"[Login]\nKillOnlyUsers=bob\n", "[Login]\nKillOnlyUsers=ann\n"}, "ann", true},
		"only, emptied":        {[]string{"[Login]\nKillOnlyUsers=ann\n", "[Login]\nKillOnlyUsers=\n"}, "ann", false},
	} {
		if got := logoutKills(tt.files, tt.user); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The main file comes first, then drop-ins by name, of which those in /etc hide
// those of packages.
func TestLogindFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for path, text := range map[string]string{
		"usr/lib/systemd/logind.conf":                 "package's",
		"etc/systemd/logind.conf":                     "main",
		"usr/lib/systemd/logind.conf.d/10-a.conf":     "a",
		"usr/lib/systemd/logind.conf.d/20-b.conf":     "hidden",
		"etc/systemd/logind.conf.d/20-b.conf":         "b",
		"run/systemd/logind.conf.d/15-c.conf":         "c",
		"etc/systemd/logind.conf.d/no-drop-in.config": "x",
	} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := logindFiles(root)
	want := []string{"main", "a", "c", "b"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestControlGroup(t *testing.T) {
	t.Parallel()
	for groups, want := range map[string]struct {
		dir    string
		legacy bool
	}{
		"0::/user.slice/user-1000.slice/user@1000.service/init.scope\n": {"/user.slice/user-1000.slice/user@1000.service", false},
		"4:memory:/x\n1:cpu,cpuacct:/\n0::/y/init.scope\n":              {"/y", true},
		"4:cpuset,memory:/x\n": {"", true},
		"nonsense\n":           {"", false},
	} {
		if dir, legacy := controlGroup(groups); dir != want.dir || legacy != want.legacy {
			t.Errorf("%q: %q %v", groups, dir, legacy)
		}
	}
}
