package units

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"

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
	var t strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&t, format+"\n", args...) }
	line(`<?xml version="1.0" encoding="UTF-8"?>`)
	line(`<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">`)
	line(`<plist version="1.0">`)
	line("<dict>")
	line("\t<key>Label</key>\n\t<string>%s</string>", launchdLabel)
	line("\t<key>ProgramArguments</key>\n\t<array>")
	for _, arg := range b.args {
		line("\t\t<string>%s</string>", escapeXML(arg))
	}
	line("\t</array>")
	line("\t<key>EnvironmentVariables</key>\n\t<dict>")
	for _, kv := range b.env {
		name, value, _ := strings.Cut(kv, "=")
		line("\t\t<key>%s</key>\n\t\t<string>%s</string>", escapeXML(name), escapeXML(value))
	}
	line("\t</dict>")
	line("\t<key>RunAtLoad</key>\n\t<true/>")
	line("\t<key>KeepAlive</key>\n\t<false/>")
	line("\t<key>ProcessType</key>\n\t<string>Background</string>")
	line("\t<key>LowPriorityIO</key>\n\t<true/>")
	line("\t<key>Nice</key>\n\t<integer>10</integer>")
	line("\t<key>Umask</key>\n\t<integer>%d</integer>", 0o077)
	log := escapeXML(filepath.Join(home, "Library", "Logs", bootName+".log"))
	line("\t<key>StandardOutPath</key>\n\t<string>%s</string>", log)
	line("\t<key>StandardErrorPath</key>\n\t<string>%s</string>", log)
	line("</dict>\n</plist>")
	return []byte(t.String()), nil
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return strings.ReplaceAll(b.String(), "{{", "&#123;&#123;")
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

// Uninstall implements [Boot]. It also unloads the agent.
func (b launchdBoot) Uninstall(context.Context) error {
	path, err := b.Path()
	if err != nil {
		return err
	}
	if !exists(path) {
		return nil
	}
	s, err := agent(nil)
	if err == nil {
		err = s.Uninstall()
	}
	if err != nil {
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
