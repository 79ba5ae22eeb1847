package units

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/specweave/specweave/platform"
)

// logonBoot is an entry of the list of what Windows runs when the user logs on,
// and a task that looks again while they are. A logon gives both its
// environment.
type logonBoot struct {
	args  []string
	tasks tasks
}

// maxRunLine is how long a command line of the list may be.
// https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys
const maxRunLine = 260

// Path returns where the entry is in the registry: it is no file.
func (logonBoot) Path() (string, error) {
	return `HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run\` + bootName, nil
}

func (b logonBoot) line() (string, error) {
	if err := checkBoot(b.args, nil); err != nil {
		return "", err
	}
	line := commandLine(b.args)
	if n := len([]rune(line)); n > maxRunLine {
		return "", fmt.Errorf("the command line has %d characters, Windows takes %d: install specweave at a shorter path", n, maxRunLine)
	}
	return line, nil
}

// Install implements [Boot]. A task that the system does not allow is no error:
// Status tells that there is none.
func (b logonBoot) Install(ctx context.Context) error {
	if err := b.install(ctx); err != nil {
		return fmt.Errorf("boot entry: %w", err)
	}
	return nil
}

func (b logonBoot) install(ctx context.Context) error {
	line, err := b.line()
	if err != nil {
		return err
	}
	if err := platform.SetLogon(bootName, line); err != nil {
		return err
	}
	_ = b.tasks.create(ctx, bootName, func(userName string) ([]byte, error) { return bootTask(userName, b.args) })
	return ctx.Err()
}

// Uninstall implements [Boot].
func (b logonBoot) Uninstall(ctx context.Context) error {
	err := platform.SetLogon(bootName, "")
	if !errors.Is(b.tasks.query(ctx, bootName), errNoTask) {
		err = errors.Join(err, b.tasks.remove(ctx, bootName))
	}
	if err != nil {
		return fmt.Errorf("boot entry: %w", err)
	}
	return nil
}

// Status implements [Boot].
func (b logonBoot) Status(ctx context.Context) (BootStatus, error) {
	var st BootStatus
	st.Path, _ = b.Path()
	line, err := platform.Logon(bootName)
	if err != nil {
		return st, fmt.Errorf("boot entry: %w", err)
	}
	st.Installed, st.Enabled = line != "", line != ""
	if !st.Installed {
		return st, nil
	}
	var remarks []string
	if want, err := b.line(); err == nil && want != line {
		remarks = append(remarks, "another version wrote it")
	}
	if err := b.tasks.query(ctx, bootName); err != nil {
		remarks = append(remarks, "no task looks after jobs between two logons: "+oneLine(err.Error()))
	}
	st.Detail = strings.Join(remarks, "; ")
	return st, nil
}
