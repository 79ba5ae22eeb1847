package platform

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Open opens a regular file, or a link to one, for reading. Anything else is an
// error that wraps [fs.ErrInvalid]: to open a pipe is to wait for a writer.
// Others may remove the file meanwhile, on Windows too.
func Open(path string) (*os.File, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	return openShared(path)
}

// ReadFile is os.ReadFile for what [Open] opens.
func ReadFile(path string) ([]byte, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	return readShared(path)
}

// Stat is os.Stat for what [Open] opens. Of two results os.SameFile can tell on
// Windows too whether the file was replaced between them: those of os.Stat ask
// for the file's number when they are compared.
func Stat(path string) (os.FileInfo, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return info, errors.Join(err, f.Close())
}

// Remove removes a file, which need not be there. On Windows it waits up to two
// seconds for readers that stand in the way.
func Remove(path string) error {
	err := UntilFree(func() error { return os.Remove(path) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: not a regular file", path, fs.ErrInvalid)
	}
	return err
}
