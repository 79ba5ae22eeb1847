package platform

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile replaces the file at path with data, mode 0600, so that a reader
// and a power cut find either the old content or the new, whole. It writes a
// temporary file beside path, syncs it, renames it over path and syncs the
// directory. On error the old file stands and the temporary one is gone.
func WriteFile(path string, data []byte) error { return replaceFile(path, data, 0o600) }

// RewriteFile is [WriteFile] for a file that there is, and whose mode it keeps.
func RewriteFile(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return replaceFile(path, data, info.Mode().Perm())
}

func replaceFile(path string, data []byte, mode os.FileMode) (err error) {
	dir, base := filepath.Split(path)
	f, err := os.CreateTemp(dir, "."+base+".*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("replace %s: %w", path, errors.Join(err, f.Close(), os.Remove(f.Name())))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if mode != 0o600 {
		if err := os.Chmod(f.Name(), mode); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}
