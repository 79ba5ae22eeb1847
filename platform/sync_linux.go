package platform

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// SyncTree puts the files below dir on stable storage. It syncs the whole file
// system, syncfs(2), which takes one commit of it where a sync of each file
// takes one for each.
func SyncTree(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = unix.Syncfs(int(d.Fd()))
	return errors.Join(err, d.Close())
}
