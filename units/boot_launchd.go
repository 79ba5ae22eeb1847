package units

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"

	"github.com/kardianos/service"
)

// launchdBoot is a LaunchAgent: launchd loads it at each login (launchd.plist(5)).
type launchdBoot struct{ args, env []string }

const launchdLabel = "io.github.specweave.boot"

// Path is where the library writes, which takes the home of the user's entry in
// the directory service and not $HOME.
func (launchdBoot) Path() (string, error) {
	home, err := launchdHome()
	return filepath.Join(home, "Library", "LaunchAgents", launchdLabel+".plist"), err
}

func launchdHome() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("boot entry: %w", err)
	}
	return u.HomeDir, nil
}

// plist returns the agent's property list; home is for its log. It holds no
// template action, whatever the arguments are: the library would run it.
func (b launchdBoot) plist(home string) ([]byte, error) {
	if err := checkBoot(b.args, b.env); err != nil {
		return nil, err
	}
	log := filepath.Join(home, "Library", "Logs", bootName+".log")
	a := agentPlist{
		Label:                launchdLabel,
		ProgramArguments:     b.args,
		EnvironmentVariables: environment(b.env),
		StandardOutPath:      log,
		StandardErrorPath:    log,
		Umask:                0o077,
		RunAtLoad:            true,
		ProcessType:          "Background",
		LowPriorityIO:        true,
		Nice:                 10,
	}
	text, err := a.xml()
	return bytes.ReplaceAll(text, []byte("{{"), []byte("&#123;&#123;")), err
}

// agent is the library's view of it: where its file belongs, and what stands
// there, in place of the library's own template.
func agent(plist []byte) (service.Service, error) {
	return service.New(nil, &service.Config{
		Name:   launchdLabel,
		Option: service.KeyValue{"UserService": true, "LaunchdConfig": string(plist)},
	})
}

// Install implements [Boot]. The agent is not loaded: that would run it now.
func (b launchdBoot) Install(context.Context) error {
	if err := b.install(); err != nil {
		return fmt.Errorf("boot entry: %w", err)
	}
	return nil
}

func (b launchdBoot) install() error {
	home, err := launchdHome()
	if err != nil {
		return err
	}
	plist, err := b.plist(home)
	if err != nil {
		return err
	}
	path, err := b.Path()
	if err != nil {
		return err
	}
	old, err := readEntry(path)
	if err != nil || bytes.Equal(old, plist) {
		return err
	}
	s, err := agent(plist)
	if err != nil {
		return err
	}
	if old != nil { // the library writes over nothing
		if err := s.Uninstall(); err != nil {
			return err
		}
	}
	err = s.Install()
	if err == nil {
		err = os.Chmod(path, 0o600) // launchd refuses what others may write to
	}
	if err == nil {
		return nil
	}
	undo := os.Remove(path)
	if old != nil {
		undo = os.WriteFile(path, old, 0o600)
	}
	return errors.Join(err, undo)
}

// Uninstall implements [Boot]. It also boots the agent out, for which the
// library has only the old words of launchctl(1).
func (b launchdBoot) Uninstall(ctx context.Context) error {
	path, err := b.Path()
	if err != nil {
		return err
	}
	if !exists(path) {
		return nil
	}
	d := newLaunchd(launchctlAt(findLaunchctl()), os.Getuid(), "", normal())
	loaded, err := d.find(ctx, launchdLabel)
	if err == nil && loaded != nil {
		err = d.bootOut(ctx, loaded.target)
	}
	s, agentErr := agent(nil)
	if agentErr == nil {
		agentErr = s.Uninstall() // whatever launchd says, the file goes
	}
	if err = errors.Join(err, agentErr); err != nil {
		return fmt.Errorf("boot entry: %w", err)
	}
	return nil
}

// Status implements [Boot]. It reads the file and does not ask launchd.
func (b launchdBoot) Status(context.Context) (BootStatus, error) {
	var st BootStatus
	var err error
	if st.Path, err = b.Path(); err != nil {
		return st, err
	}
	content, err := readEntry(st.Path)
	if err != nil {
		return st, fmt.Errorf("boot entry: %w", err)
	}
	st.Installed, st.Enabled = content != nil, content != nil
	home, err := launchdHome()
	if err != nil {
		return st, err
	}
	if want, err := b.plist(home); err == nil && st.Installed && !bytes.Equal(want, content) {
		st.Detail = "another version, or from another environment, wrote it"
	}
	return st, nil
}
