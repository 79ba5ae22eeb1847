//go:build !windows

package platform

import (
	"strconv"

	"github.com/shirou/gopsutil/v3/host"
)

func bootID() string {
	t, err := host.BootTime()
	if err != nil {
		return ""
	}
	return strconv.FormatUint(t, 10)
}
