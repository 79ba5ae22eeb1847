package platform

import "github.com/shirou/gopsutil/v3/disk"

// Full reports whether the file system of dir has next to no room left: less
// than 1 MiB or 16 files. Programs that run into that rarely say so.
func Full(dir string) bool {
	u, err := disk.Usage(dir)
	return err == nil && (u.Free < 1<<20 || u.InodesTotal > 0 && u.InodesFree < 16)
}

// Free is how many bytes this user can still write to the file system of dir.
func Free(dir string) (uint64, error) {
	u, err := disk.Usage(dir)
	if err != nil {
		return 0, err
	}
	return u.Free, nil
}
