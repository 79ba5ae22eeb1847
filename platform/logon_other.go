//go:build !windows

package platform

import "errors"

// Logon returns "": only Windows has such a list.
func Logon(string) (string, error) { return "", nil }

// SetLogon always fails: only Windows has such a list.
func SetLogon(string, string) error { return errors.ErrUnsupported }
