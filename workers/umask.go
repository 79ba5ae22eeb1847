package workers

import (
	"fmt"
	"strconv"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// The manager that starts a worker has a umask of its own, systemd's is 0022.
// Clones shall be as private as they would be in the shell, so the launch hands
// its umask over, and for whoever goes on with the job without a launch, after a
// reboot or at a time, the job keeps it.

var octal = lazyregexp.New(`^0[0-7]{3}$`)

// shellUmask returns the umask of this process as an [Input] has it.
func shellUmask() string {
	mask := platform.Umask()
	if mask < 0 {
		return ""
	}
	return fmt.Sprintf("%04o", mask&0o777)
}

// umask says which umask a worker takes that now has current: that of the
// launch, else that of the job if it is the stricter one, for a file may say
// anything. The user's own rights stay, without which nothing works.
func umask(launch, job string, current int) int {
	if mask, err := strconv.ParseUint(launch, 8, 9); err == nil && octal.MatchString(launch) {
		return int(mask) & 0o077
	}
	if mask, err := strconv.ParseUint(job, 8, 9); err == nil && octal.MatchString(job) {
		return current | int(mask)&0o077
	}
	return current
}
