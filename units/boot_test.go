package units_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

func TestBootUnitFile(t *testing.T) {
	t.Parallel()
	needUnixPaths(t)
	got, err := units.UnitFileOf([]string{"/usr/bin/specweave", "jobs", "reconcile"}, []string{"PATH=/bin:/usr/bin"})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Written by specweave, which replaces it as a whole: put changes into a drop-in.
[Unit]
Description=SpecWeave: go on with interrupted jobs
ConditionFileIsExecutable=/usr/bin/specweave

[Service]
Type=oneshot
ExecStart="/usr/bin/specweave" "jobs" "reconcile"
Environment="PATH=/bin:/usr/bin"
Environment="SPECWEAVE_SCHEDULER=systemd"
TimeoutStartSec=15min
UMask=0077
Slice=specweave.slice
Nice=10
CPUWeight=50
IOWeight=50

[Install]
WantedBy=default.target
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unit file (-want +got):\n%s", diff)
	}
}

// What a unit file makes of these, TestBootSystemd sees.
func TestBootQuoting(t *testing.T) {
	t.Parallel()
	needUnixPaths(t)
	for arg, want := range map[string]string{
		`/a b/c`:  `"/a b/c"`,
		`a"b`:     `"a\"b"`,
		`a\b`:     `"a\\b"`,
		`/%h/%%`:  `"/%%h/%%%%"`,
		`/$a/${b`: `"/$$a/$${b"`,
		`;'é`:     `";'é"`,
	} {
		want = `ExecStart="/$b c%%" ` + want
		got, err := units.UnitFileOf([]string{"/$b c%", arg}, []string{"A=" + arg})
		if err != nil || !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("%q: want %s in %s, error %v", arg, want, got, err)
		}
		inEnv := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(arg)
		if !strings.Contains(got, "\nEnvironment=\"A="+inEnv+"\"\n") {
			t.Errorf("%q: no variable in %s", arg, got)
		}
	}
}

func TestBootRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ args, env []string }{
		"nothing":       {nil, nil},
		"relative":      {[]string{"specweave"}, nil},
		"new line":      {[]string{"/a\nExecStartPre=/bin/false"}, nil},
		"escape":        {[]string{"/a", "\x1b"}, nil},
		"NUL":           {[]string{"/a", "\x00"}, nil},
		"not UTF-8":     {[]string{"/a"}, []string{"A=\xff"}},
		"env new line":  {[]string{"/a"}, []string{"A=b\nKillMode=none"}},
		"no assignment": {[]string{"/a"}, []string{"A"}},
		"no name":       {[]string{"/a"}, []string{"=A"}},
	} {
		if got, err := units.UnitFileOf(c.args, c.env); err == nil {
			t.Errorf("%s: unit file %s", name, got)
		}
		if got, err := units.PlistOf(c.args, c.env, "/Users/ann"); err == nil {
			t.Errorf("%s: property list %s", name, got)
		}
	}
	for _, path := range []string{`/a\b`, "/a ", "/it's", `/a"b`} {
		if got, err := units.UnitFileOf([]string{path}, nil); err == nil {
			t.Errorf("unit file %s", got)
		}
	}
}

func TestBootPlist(t *testing.T) {
	t.Parallel()
	needUnixPaths(t)
	args := []string{"/opt/a b/<specweave>", "jobs", "rec&oncile", `"{{.Name}}"`, "{{{$HOME}}}"}
	got, err := units.PlistOf(args, []string{"PATH=/opt/homebrew/bin:/bin", "A={{b}}&=c"}, "/Users/ann")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "{{") {
		t.Errorf("a template action in %s", got)
	}
	log := "/Users/ann/Library/Logs/specweave-boot.log"
	want := map[string]string{
		"Label":                "io.github.specweave.boot",
		"ProgramArguments":     fmt.Sprintf("%q", args),
		"EnvironmentVariables": fmt.Sprintf("%q", []string{"A", "{{b}}&=c", "PATH", "/opt/homebrew/bin:/bin"}),
		"RunAtLoad":            "true", "AbandonProcessGroup": "false",
		"ProcessType": "Background", "LowPriorityIO": "true", "Nice": "10", "Umask": "63",
		"StandardOutPath": log, "StandardErrorPath": log,
	}
	if diff := cmp.Diff(want, plistKeys(t, got)); diff != "" {
		t.Errorf("property list (-want +got):\n%s", diff)
	}
}

// plistKeys reads the dictionary of a property list; what is in an array or a
// dictionary becomes one text.
func plistKeys(t *testing.T, plist string) map[string]string {
	t.Helper()
	keys, key := map[string]string{}, ""
	d := xml.NewDecoder(strings.NewReader(plist))
	var inner []string
	depth, text := 0, ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return keys
		}
		if err != nil {
			t.Fatalf("%v in %s", err, plist)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth, text = depth+1, ""
		case xml.CharData:
			text += string(e)
		case xml.EndElement:
			depth--
			switch name := e.Name.Local; {
			case depth == 3: // in an array or a dictionary
				inner = append(inner, text)
			case depth != 2:
			case name == "key":
				key = text
			case name == "array", name == "dict":
				keys[key], inner = fmt.Sprintf("%q", inner), nil
			case name == "true", name == "false":
				keys[key] = name
			default:
				keys[key] = text
			}
		}
	}
}

func TestBootUnsupported(t *testing.T) {
	t.Parallel()
	b := units.NoBoot()
	if err := b.Install(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("install: %v", err)
	}
	if _, err := b.Path(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("path: %v", err)
	}
	must(t, b.Uninstall(t.Context()))
	if st, err := b.Status(t.Context()); err != nil || st.Installed || !strings.Contains(st.Detail, "not supported yet") {
		t.Errorf("status %+v, %v", st, err)
	}
}

// bootHome makes the home of the rig's manager that of the test. A manager of
// the developer's own is left alone.
func bootHome(t *testing.T) (home, wants string) {
	t.Helper()
	needSystemd(t)
	home = os.Getenv("RIG_HOME")
	if home == "" {
		t.Skip("needs a systemd user manager that is not the user's own")
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	dir := filepath.Join(home, ".config", "systemd", "user")
	return filepath.Join(dir, "specweave-boot.service"), filepath.Join(dir, "default.target.wants")
}

func gone(t *testing.T, paths ...string) {
	t.Helper()
	for _, p := range paths {
		if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left behind: %v", p, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBootSystemd(t *testing.T) {
	unit, wants := bootHome(t)
	link := filepath.Join(wants, "specweave-boot.service")
	dir := filepath.Join(t.TempDir(), "a b %h $HOME ${HOME} $$ ;é")
	must(t, os.Mkdir(dir, 0o700))
	program := filepath.Join(dir, "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s\\n' \"$@\" \"$A\" \"$SPECWEAVE_SCHEDULER\" >\"${0%/*}/said\"\n"), 0o700))
	odd := `a b'c"d\e %h $HOME ${HOME} $$ ;é`
	b := units.NewBoot([]string{program, odd, ";", "%%"}, []string{"A=" + odd})

	t.Run("install", func(t *testing.T) {
		for range 2 {
			must(t, b.Install(t.Context()))
		}
		st, err := b.Status(t.Context())
		must(t, err)
		if !st.Installed || !st.Enabled || st.Path != unit || !strings.Contains(st.Detail, "enable-linger") {
			t.Errorf("status %+v", st)
		}
		if out := systemctl(t, "is-enabled", "specweave-boot"); out != "enabled\n" {
			t.Errorf("is-enabled: %s", out)
		}
		systemctl(t, "start", "specweave-boot")
		said := ""
		if b, err := os.ReadFile(filepath.Join(dir, "said")); err == nil {
			said = string(b)
		}
		if want := odd + "\n;\n%%\n" + odd + "\nsystemd\n"; said != want {
			t.Errorf("the program was given (-want +got):\n%s%s", cmp.Diff(want, said), systemctl(t, "status", "specweave-boot"))
		}
	})

	t.Run("replace", func(t *testing.T) {
		other := units.NewBoot([]string{"/bin/false", "x"}, nil)
		st, err := other.Status(t.Context())
		must(t, err)
		if !strings.Contains(st.Detail, "another program") {
			t.Errorf("status %+v", st)
		}
		must(t, other.Install(t.Context()))
		if text := read(t, unit); !strings.Contains(text, `"/bin/false" "x"`) || strings.Contains(text, "Environment=\"A=") {
			t.Errorf("unit file %s", text)
		}
		systemctl(t, "daemon-reload")
		systemctl(t, "start", "specweave-boot")
		st, err = other.Status(t.Context())
		must(t, err)
		if !strings.Contains(st.Detail, "its last run failed: exit-code, status 1") {
			t.Errorf("status %+v", st)
		}
		systemctl(t, "disable", "specweave-boot")
		st, err = other.Status(t.Context())
		must(t, err)
		if st.Enabled || !strings.Contains(st.Detail, "disabled") {
			t.Errorf("status %+v", st)
		}
		systemctl(t, "reset-failed", "specweave-boot")
		must(t, b.Install(t.Context()))
	})

	t.Run("program gone", func(t *testing.T) {
		must(t, os.Rename(program, program+"x"))
		systemctl(t, "daemon-reload")
		if out := systemctl(t, "start", "specweave-boot"); out != "" {
			t.Errorf("a program that is gone: %s", out)
		}
	})

	t.Run("uninstall", func(t *testing.T) {
		for range 2 {
			must(t, b.Uninstall(t.Context()))
		}
		gone(t, unit, link)
		if st, err := b.Status(t.Context()); err != nil || st != (units.BootStatus{Path: unit}) {
			t.Errorf("status %+v, %v", st, err)
		}
	})

	t.Run("enabling fails", func(t *testing.T) {
		must(t, os.RemoveAll(wants))
		must(t, os.WriteFile(wants, nil, 0o600)) // where the link's directory belongs
		if err := b.Install(t.Context()); err == nil || !strings.Contains(err.Error(), "enable") {
			t.Errorf("error %v", err)
		}
		gone(t, unit)
		must(t, os.WriteFile(unit, []byte("before"), 0o600))
		if err := b.Install(t.Context()); err == nil || read(t, unit) != "before" {
			t.Errorf("error %v, unit file %s", err, read(t, unit))
		}
		must(t, os.Remove(wants))
		must(t, b.Install(t.Context()))
		must(t, b.Uninstall(t.Context()))
	})

	t.Run("masked", func(t *testing.T) {
		systemctl(t, "mask", "specweave-boot")
		if err := b.Install(t.Context()); err == nil || !strings.Contains(err.Error(), "unmask") {
			t.Errorf("error %v", err)
		}
		must(t, b.Uninstall(t.Context()))
		st, err := b.Status(t.Context())
		must(t, err)
		if st.Installed || !strings.Contains(st.Detail, "masked") {
			t.Errorf("status %+v", st)
		}
		if out := systemctl(t, "unmask", "specweave-boot"); !strings.Contains(out, "Removed") {
			t.Errorf("unmask: %s", out)
		}
	})

	t.Run("other home", func(t *testing.T) {
		t.Setenv("HOME", t.TempDir())
		if err := b.Install(t.Context()); err == nil || !strings.Contains(err.Error(), "does not look in") {
			t.Errorf("error %v", err)
		}
		gone(t, filepath.Join(os.Getenv("HOME"), ".config"), unit)
	})

	t.Run("without XDG_RUNTIME_DIR", func(t *testing.T) { // as in cron
		t.Setenv("XDG_RUNTIME_DIR", "")
		must(t, b.Install(t.Context()))
		must(t, b.Uninstall(t.Context()))
	})
}

// Without a manager nothing is written, and what is there can be removed.
func TestBootNoManager(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("systemd's")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir()) // ours, and nobody in it
	b := units.NewBoot([]string{"/bin/true"}, nil)
	if err := b.Install(t.Context()); err == nil || !strings.Contains(err.Error(), "no user manager") {
		t.Errorf("error %v", err)
	}
	gone(t, filepath.Join(os.Getenv("HOME"), ".config"))
	must(t, b.Uninstall(t.Context()))

	path, err := b.Path()
	must(t, err)
	link := filepath.Join(filepath.Dir(path), "default.target.wants", filepath.Base(path))
	must(t, os.MkdirAll(filepath.Dir(link), 0o700))
	must(t, os.WriteFile(path, []byte("ExecStart=\"/bin/true\"\n"), 0o600))
	must(t, os.Symlink(path, link))
	st, err := b.Status(t.Context())
	must(t, err)
	if !st.Installed || !st.Enabled || !strings.Contains(st.Detail, "no user manager") {
		t.Errorf("status %+v", st)
	}
	must(t, b.Uninstall(t.Context()))
	gone(t, path, link)
}

// No unit of a job is taken for the entry, nor the other way round.
func TestBootName(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", "/", "/a"} {
		if p := units.Prefix(dir, ""); strings.HasPrefix("specweave-boot", p) || strings.HasPrefix(units.Name(dir, "a1", 1), "specweave-boot") {
			t.Errorf("%s", p)
		}
	}
}
