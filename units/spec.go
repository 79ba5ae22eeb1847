package units

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/specweave/specweave/platform"
)

// calendarEnd is the year from which on systemd's calendar knows no days: it
// takes a timer for them, which never fires.
const calendarEnd = 2200

// check refuses what no manager can run, with the same words for all of them.
// It looks for the program and the working directory, so that the usual
// mistakes give an error that says which file is missing.
func (s Spec) check() error {
	switch {
	case !validName(s.Name):
		return fmt.Errorf("unit name %q: only letters, digits and dashes", s.Name)
	case len(s.Args) == 0 || !filepath.IsAbs(s.Args[0]):
		return errors.New("the command needs an absolute path")
	case len(s.After) > 0 && !filepath.IsAbs(s.After[0]):
		return errors.New("the command for the end needs an absolute path")
	case !filepath.IsAbs(s.Dir) || !filepath.IsAbs(s.LogPath):
		return errors.New("working directory and log need absolute paths")
	case s.NotBefore.UTC().Year() >= calendarEnd:
		return fmt.Errorf("time to start at: %v is too far ahead", s.NotBefore)
	}
	for _, v := range slices.Concat([]string{s.Dir, s.LogPath}, s.Args, s.Env, s.After) {
		// D-Bus has no other strings, execve(2) none with a NUL
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return fmt.Errorf("%q: not valid UTF-8 without NUL", v)
		}
	}
	for _, v := range s.Env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return fmt.Errorf("environment variable %q is not NAME=value", v)
		}
	}
	if _, err := os.Stat(s.Args[0]); err != nil {
		return fmt.Errorf("command: %w", err)
	}
	if len(s.After) > 0 {
		if _, err := os.Stat(s.After[0]); err != nil {
			return fmt.Errorf("command for the end: %w", err)
		}
	}
	if info, err := os.Stat(s.Dir); err != nil {
		return fmt.Errorf("working directory: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("working directory: %s is no directory", s.Dir)
	}
	return nil
}

// openLog opens the log for appending, mode 0600 whatever it was before:
// systemd would create it with the user's umask.
func (s Spec) openLog() (*os.File, error) {
	f, err := os.OpenFile(s.LogPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	if err := f.Chmod(0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("log: %w", err), f.Close())
	}
	return f, nil
}

// openInput returns what the command gets as standard input.
func (s Spec) openInput() (*os.File, error) {
	if len(s.Input) == 0 {
		return os.Open(os.DevNull)
	}
	return platform.Secret(s.Input)
}

// oneLine replaces control characters, so that text from elsewhere can neither
// break a protocol of lines nor move a terminal's cursor.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
}
