package platform

import (
	"os"
	"strings"
)

// BootID names the current boot of this machine: two processes that read the
// same one ran without a restart in between. On Linux it is the kernel's
// random boot_id (random(4)), on Windows its number, elsewhere the boot time in
// seconds.
func BootID() string {
	if b, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		return strings.TrimSpace(string(b))
	}
	return bootID()
}
