//go:build !linux

package platform

import (
	"io/fs"
	"path/filepath"
)

// TreeSyncer puts directories on stable storage, for many callers at once. The
// zero value is ready to use.
type TreeSyncer struct{}

// Sync puts the files below dir on stable storage. On Windows it leaves out
// those that are read-only, which nobody may flush there.
func (*TreeSyncer) Sync(dir string) error {
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
