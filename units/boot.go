package units

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Boot is the entry that makes the operating system run one command whenever it
// starts this user's manager: at boot where the user lingers, else at login. It
// needs no rights but the user's, and no unit has its name.
type Boot interface {
	// Install writes the entry, or writes it anew if it is another one, and
	// makes the manager use it from its next start on. It does not run the
	// command. An error leaves what was there before. The error wraps
	// [errors.ErrUnsupported] where there is no such entry.
	Install(ctx context.Context) error
	// Uninstall removes the entry. That there is none is no error, and no
	// manager has to run for it.
	Uninstall(ctx context.Context) error
	// Status tells what is there. It changes nothing.
	Status(ctx context.Context) (BootStatus, error)
	// Path returns the file of the entry, on Windows its value in the registry,
	// which may not exist. It does no I/O.
	Path() (string, error)
}

// BootStatus is the state of an entry.
type BootStatus struct {
	Installed bool
	Enabled   bool   // the manager runs it when it starts
	Path      string // of the file
	Detail    string // what is to be known besides, for people; "" if nothing
}

// bootName is the entry's name as a unit. A name that [Name] makes goes on with
// six hexadecimal digits and a dash, so that no [Prefix] finds the entry.
const bootName = "specweave-boot"

// NewBoot returns the entry of this operating system that runs args, an
// absolute path first, with the variables env (NAME=value, no secrets: they
// stay in a file) besides what the manager gives it.
func NewBoot(args, env []string) Boot {
	switch runtime.GOOS {
	case "linux":
		return systemdBoot{args, env}
	case "darwin":
		return launchdBoot{args, env}
	case "windows":
		return logonBoot{args, tasks{runSchtasks}}
	}
	return noBoot{}
}

// checkBoot refuses what cannot be written to such an entry.
func checkBoot(args, env []string) error {
	if len(args) == 0 || !filepath.IsAbs(args[0]) {
		return errors.New("the command needs an absolute path")
	}
	for _, v := range append(append([]string{}, args...), env...) {
		if !utf8.ValidString(v) || strings.IndexFunc(v, unicode.IsControl) >= 0 {
			return fmt.Errorf("%q: not UTF-8 without control characters", v)
		}
	}
	for _, v := range env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return fmt.Errorf("environment variable %q is not NAME=value", v)
		}
	}
	return nil
}

// readEntry returns the content of an entry's file, nil if there is none. What
// is no ordinary file is somebody's intent, such as a mask.
func readEntry(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		if to, err := os.Readlink(path); err == nil {
			return nil, &linkError{path, to}
		}
		return nil, fmt.Errorf("%s is no file", path)
	}
	return os.ReadFile(path)
}

// linkError says that a link is where the entry's file belongs.
type linkError struct{ path, to string }

func (e *linkError) Error() string {
	if e.to == os.DevNull {
		return fmt.Sprintf("%s is masked; \"systemctl --user unmask %s\" changes that", bootName, bootName)
	}
	return fmt.Sprintf("%s is a link to %s, which is not ours to change", e.path, e.to)
}

// noBoot is for systems without an entry.
type noBoot struct{}

func (noBoot) unsupported() error {
	return fmt.Errorf("boot entry: not supported yet on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (n noBoot) Install(context.Context) error { return n.unsupported() }

func (noBoot) Uninstall(context.Context) error { return nil }

func (n noBoot) Status(context.Context) (BootStatus, error) {
	return BootStatus{Detail: n.unsupported().Error()}, nil
}

func (n noBoot) Path() (string, error) { return "", n.unsupported() }
