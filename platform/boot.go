package platform

import (
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/host"
)

// BootID names the current boot of this machine: two processes that read the
// same one ran without a restart in between. On Linux it is the kernel's
// random boot_id (random(4)), elsewhere the boot time in seconds.
func BootID() string {
	if b, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		return strings.TrimSpace(string(b))
	}
	t, err := host.BootTime()
	if err != nil {
		return ""
	}
	return strconv.FormatUint(t, 10)
}
