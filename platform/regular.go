package platform

import (
	"fmt"
	"io/fs"
	"os"
)

// Open opens a regular file, or a link to one, for reading. Anything else is an
// error that wraps [fs.ErrInvalid]: to open a pipe is to wait for a writer.
func Open(path string) (*os.File, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// ReadFile is os.ReadFile for what [Open] opens.
func ReadFile(path string) ([]byte, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: not a regular file", path, fs.ErrInvalid)
	}
	return err
}
