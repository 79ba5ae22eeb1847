//go:build !linux

package platform

import (
	"io/fs"
	"path/filepath"
)

// SyncTree puts the files below dir on stable storage. On Windows it leaves
// out those that are read-only, which nobody may flush there.
func SyncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return SyncDir(path)
		case d.Type().IsRegular():
			return syncFile(path)
		}
		return nil
	})
}
