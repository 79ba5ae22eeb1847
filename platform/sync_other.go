//go:build !linux

package platform

import (
	"io/fs"
	"os"
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

// SyncPaths puts files and directories below dir, all on its file system, on
// stable storage.
func (*TreeSyncer) SyncPaths(_ string, paths []string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		sync := syncFile
		if info.IsDir() {
			sync = SyncDir
		}
		if err := sync(path); err != nil {
			return err
		}
	}
	return nil
}
