package unitstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// launchctlName is the name by which a program is the stand-in for launchctl(1).
const launchctlName = "launchctl"

// daemonWord DIR makes it the stand-in for launchd(8), which the first call of
// the other starts.
const daemonWord = "stand-in-for-launchd"

// Launchd says how the stand-in for launchd behaves.
type Launchd struct {
	Throttle time.Duration `json:"throttle"` // at least so long from one start of a program to the next; ten seconds in launchd
	Linger   time.Duration `json:"linger"`   // so long a label stays after its service has ended; seconds in launchd
	Screen   bool          `json:"screen"`   // somebody is logged in at the screen: there is gui/UID
}

// InstallLaunchctl makes dir/launchctl, a stand-in for launchctl(1) with a
// launchd of its own: domains, labels and processes are real, what it prints
// and its exit codes are those of launchctl. It is the running program, whose
// main function calls [LaunchctlMain] if that is its name. When dir is removed
// it ends, with all that it runs. That dir/launchctl is there is no error.
//
// It is written from what is documented and reported of launchd, and was never
// compared with one side by side.
func InstallLaunchctl(dir string, how Launchd) (path string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	data, err := json.Marshal(how)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, launchctlName)
	if err := platform.WriteFile(filepath.Join(dir, "launchd.json"), data); err != nil {
		return "", err
	}
	if err := os.Symlink(self, path); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return path, nil
}

// IsLaunchctl reports whether this process was started as launchctl.
func IsLaunchctl() bool { return filepath.Base(os.Args[0]) == launchctlName }

// LaunchctlMain is the main function of launchctl, and of its launchd. It
// returns the exit code.
func LaunchctlMain() int {
	if len(os.Args) == 3 && os.Args[1] == daemonWord {
		if err := serveLaunchd(os.Args[2]); err != nil {
			return 1
		}
		return 0
	}
	path, err := exec.LookPath(os.Args[0])
	if err == nil {
		path, err = filepath.Abs(path)
	}
	var a answer
	if err == nil {
		a, err = ask(path, os.Args[1:])
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = io.WriteString(os.Stdout, a.Out)
	_, _ = io.WriteString(os.Stderr, a.Err)
	return a.Code
}

// answer is what launchctl prints and exits with.
type answer struct {
	Out  string `json:"out"`
	Err  string `json:"err"`
	Code int    `json:"code"`
}

func socketIn(dir string) *net.UnixAddr {
	return &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"}
}

// ask has the launchd beside path carry out a command, and starts it if there
// is none.
func ask(path string, args []string) (a answer, err error) {
	for end := time.Now().Add(patience); ; {
		c, err := net.DialUnix("unix", nil, socketIn(filepath.Dir(path)))
		if err == nil {
			err = json.NewEncoder(c).Encode(args)
			if err == nil {
				err = json.NewDecoder(c).Decode(&a)
			}
			_ = c.Close()
		}
		if err == nil || time.Now().After(end) {
			return a, err
		}
		cmd := exec.Command(path, daemonWord, filepath.Dir(path)) //nolint:gosec,noctx // this program; it outlives the caller
		platform.Detach(cmd)
		cmd.Dir = "/"
		cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR")}
		if err := cmd.Start(); err != nil {
			return a, err
		}
		_ = cmd.Process.Release()
		<-time.After(20 * time.Millisecond)
	}
}
