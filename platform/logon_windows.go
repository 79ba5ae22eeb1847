package platform

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// runKey holds what Windows runs when this user logs on.
// https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys
const runKey = `Software\Microsoft\Windows\CurrentVersion\Run`

// Logon returns the command line that Windows runs under that name when this
// user logs on, "" if there is none.
func Logon(name string) (string, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("open %s: %w", runKey, err)
	}
	defer k.Close()
	line, _, err := k.GetStringValue(name)
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", runKey, err)
	}
	return line, nil
}

// SetLogon has Windows run a command line when this user logs on, in place of
// the one under that name; "" removes that.
func SetLogon(name, line string) error {
	k, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return fmt.Errorf("open %s: %w", runKey, err)
	}
	if line == "" {
		err = k.DeleteValue(name)
	} else {
		err = k.SetStringValue(name, line)
	}
	if errors.Is(err, registry.ErrNotExist) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("write %s: %w", runKey, err)
	}
	return errors.Join(err, k.Close())
}
