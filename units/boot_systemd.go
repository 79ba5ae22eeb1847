package units

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"

	"github.com/specweave/specweave/platform"
)

// systemdBoot is a unit file that default.target wants, the target which a user
// manager starts (systemd.special(7)).
type systemdBoot struct{ args, env []string }

const (
	bootUnit   = bootName + serviceSuffix
	bootTarget = "default.target"
)

// Path is below $XDG_CONFIG_HOME; Install makes sure that the manager, whose
// environment may be another, looks there.
func (systemdBoot) Path() (string, error) {
	dir, err := userUnits()
	if err != nil {
		return "", fmt.Errorf("boot entry: %w", err)
	}
	return filepath.Join(dir, bootUnit), nil
}

// userUnits is where unit files of this user belong.
func userUnits() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "systemd", "user"), err
}

// link is what enabling makes.
func (b systemdBoot) link(path string) string {
	return filepath.Join(filepath.Dir(path), bootTarget+".wants", bootUnit)
}

// unitFile returns the unit.
func (b systemdBoot) unitFile() ([]byte, error) {
	return serviceFile{
		title: "SpecWeave: go on with interrupted jobs", args: b.args, env: b.env,
		sections: []string{"", "[Install]", "WantedBy=" + bootTarget},
	}.text()
}

// Install implements [Boot]. The manager reads the file when it starts next; it
// is not told to read all of its files again now, because that disturbs units
// that are just being restarted.
func (b systemdBoot) Install(ctx context.Context) error {
	if err := b.install(ctx); err != nil {
		return fmt.Errorf("boot entry: %w", err)
	}
	return nil
}

func (b systemdBoot) install(ctx context.Context) error {
	text, err := b.unitFile()
	if err != nil {
		return err
	}
	path, err := b.Path()
	if err != nil {
		return err
	}
	old, err := readEntry(path)
	if err != nil {
		return err
	}
	c, err := managerOf(ctx, filepath.Dir(path))
	if err != nil {
		return err
	}
	defer c.Close()
	if !bytes.Equal(old, text) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := platform.WriteFile(path, text); err != nil {
			return err
		}
	}
	if _, _, err := c.EnableUnitFilesContext(ctx, []string{bootUnit}, false, true); err != nil {
		undo := os.Remove(path)
		if old != nil {
			undo = platform.WriteFile(path, old)
		}
		return errors.Join(fmt.Errorf("enable: %w", err), undo)
	}
	return nil
}

// managerOf connects to the user's manager and makes sure that it looks for units
// in dir.
func managerOf(ctx context.Context, dir string) (*sd.Conn, error) {
	e := Look()
	if e.ManagerOutside {
		return nil, fmt.Errorf("the systemd user manager is outside this container (%s)", e.Container)
	}
	m, err := newSystemd(ctx, e, normal())
	if err != nil {
		return nil, err
	}
	c, err := m.connect(ctx)
	if err != nil {
		return nil, err
	}
	paths, err := unitPath(c)
	if err == nil && !slices.Contains(paths, dir) {
		err = fmt.Errorf("the systemd user manager does not look in %s: its HOME or XDG_CONFIG_HOME is another", dir)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// unitPath returns the directories that a manager looks for units in, whether
// they exist or not.
func unitPath(c *sd.Conn) ([]string, error) {
	const name = "UnitPath"
	text, err := c.GetManagerProperty(name) // as gvariant text, see go-systemd
	if err != nil {
		return nil, fmt.Errorf("property %s: %w", name, err)
	}
	v, err := dbus.ParseVariant(text, dbus.SignatureOf([]string{}))
	if err != nil {
		return nil, fmt.Errorf("property %s: %w", name, err)
	}
	paths, _ := v.Value().([]string)
	return paths, nil
}

// Uninstall implements [Boot]. It does by hand what systemctl disable does.
func (b systemdBoot) Uninstall(context.Context) error {
	path, err := b.Path()
	if err != nil {
		return err
	}
	var link *linkError
	if _, err := readEntry(path); errors.As(err, &link) {
		return nil // a mask, or a link of the user's: no entry of ours
	}
	for _, p := range []string{b.link(path), path} {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("boot entry: %w", err)
		}
	}
	return nil
}

// Status implements [Boot]. It reads files, and asks the manager, if one
// answers, how the last run went.
func (b systemdBoot) Status(ctx context.Context) (BootStatus, error) {
	var st BootStatus
	var err error
	if st.Path, err = b.Path(); err != nil {
		return st, err
	}
	content, err := readEntry(st.Path)
	var link *linkError
	if errors.As(err, &link) {
		st.Detail = link.Error()
		return st, nil
	}
	if err != nil {
		return st, fmt.Errorf("boot entry: %w", err)
	}
	st.Installed = content != nil
	st.Enabled = st.Installed && exists(b.link(st.Path))
	st.Detail = strings.Join(b.remarks(ctx, st, content), "; ")
	return st, nil
}

func (b systemdBoot) remarks(ctx context.Context, st BootStatus, content []byte) (all []string) {
	if !st.Installed {
		return nil
	}
	if !st.Enabled {
		all = append(all, `disabled; "systemctl --user enable `+bootName+`" enables it`)
	}
	if want, err := b.unitFile(); err == nil && execLine(want) != execLine(content) {
		all = append(all, "it starts another program: "+oneLine(execLine(content)))
	}
	e := Look()
	m, err := newSystemd(ctx, e, normal())
	if err != nil {
		return append(all, oneLine(err.Error()))
	}
	if units, err := m.Status(ctx, bootName); err == nil {
		if u := units[bootName]; u.State == Failed {
			all = append(all, fmt.Sprintf("its last run failed: %s, status %d", u.Result, u.ExitCode))
		}
	}
	if !e.Linger {
		all = append(all, `it runs at login, not at boot; "loginctl enable-linger" changes that`)
	}
	return all
}

func execLine(unit []byte) string {
	for line := range strings.Lines(string(unit)) {
		if strings.HasPrefix(line, "ExecStart=") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
