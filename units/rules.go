package units

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/specweave/specweave/platform"
)

// Rules are what this system does to the processes of its users, beside what an
// [Env] says. [LookRules] collects them. Choosing a scheduler needs none of
// them, telling what its units survive does.
type Rules struct {
	LogoutKills  bool // logind ends what a session of this user leaves behind
	UnderManager bool // this process, with what it detaches, is one of the user manager's, which ends with the manager
	MemoryLimits bool // the user manager can limit the memory of its units
}

// LookRules reads logind's configuration and which control groups this process
// and the manager of e are in. What cannot be read counts as not so.
func LookRules(e Env) Rules {
	if e.GOOS != "linux" {
		return Rules{}
	}
	own, _ := os.ReadFile("/proc/self/cgroup")
	return Rules{
		LogoutKills:  logoutKills(logindFiles("/"), e.User),
		UnderManager: strings.Contains(string(own), fmt.Sprintf("/user@%d.service/", e.UID)),
		MemoryLimits: memoryLimits(e),
	}
}

// logindFiles returns the contents of logind's configuration files below root,
// in the order in which their settings take effect: logind.conf(5).
func logindFiles(root string) []string {
	dirs := []string{"etc/systemd", "run/systemd", "usr/local/lib/systemd", "usr/lib/systemd"}
	var files []string
	for _, dir := range dirs {
		if b, err := os.ReadFile(filepath.Join(root, dir, "logind.conf")); err == nil {
			files = append(files, string(b))
			break
		}
	}
	dropIns := map[string]string{} // by name: that of an earlier directory hides the others
	for _, dir := range dirs {
		paths, _ := filepath.Glob(filepath.Join(root, dir, "logind.conf.d", "*.conf"))
		for _, p := range paths {
			if name := filepath.Base(p); dropIns[name] == "" {
				dropIns[name] = p
			}
		}
	}
	names := make([]string, 0, len(dropIns))
	for name := range dropIns {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if b, err := os.ReadFile(dropIns[name]); err == nil {
			files = append(files, string(b))
		}
	}
	return files
}

// logoutKills reports whether logind ends the processes of a session of user
// that are left at its end: KillUserProcesses, KillOnlyUsers and
// KillExcludeUsers in logind.conf(5). Without any of them it does not: so it is
// built by the distributions.
func logoutKills(files []string, user string) bool {
	kill, excludes := false, false
	var only, exclude []string
	for _, text := range files {
		section := ""
		for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "[") {
				section = line
			}
			key, value, ok := strings.Cut(line, "=")
			if !ok || section != "[Login]" || strings.ContainsAny(line[:1], "#;") {
				continue
			}
			switch names := strings.Fields(value); strings.TrimSpace(key) {
			case "KillUserProcesses":
				kill = boolean(strings.TrimSpace(value), kill)
			case "KillOnlyUsers":
				only = collect(only, names)
			case "KillExcludeUsers":
				excludes, exclude = true, collect(exclude, names)
			}
		}
	}
	switch {
	case slices.Contains(exclude, user), !excludes && user == "root":
		return false
	case len(only) > 0:
		return slices.Contains(only, user)
	}
	return kill
}

// collect adds names to a list; none at all empties it (systemd.syntax(7)).
func collect(list, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return append(list, names...)
}

// boolean reads a boolean as systemd.syntax(7) has it; anything else is ignored.
func boolean(s string, otherwise bool) bool {
	switch strings.ToLower(s) {
	case "1", "yes", "y", "true", "t", "on":
		return true
	case "0", "no", "n", "false", "f", "off":
		return false
	}
	return otherwise
}

// memoryLimits reports whether the manager of e has the memory controller.
func memoryLimits(e Env) bool {
	if !e.ManagerSocket {
		return false
	}
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", platform.PeerPID(filepath.Join(e.runtimeDir(), managerSocket))))
	if err != nil {
		return false
	}
	dir, legacy := controlGroup(string(groups))
	controllers, _ := os.ReadFile(filepath.Join("/sys/fs/cgroup", dir, "cgroup.controllers"))
	return slices.Contains(strings.Fields(string(controllers)), "memory") || legacy && e.UID == 0
}

// controlGroup reads a manager's /proc/PID/cgroup: the group whose children its
// units are, in the unified hierarchy, and whether memory is controlled in a
// legacy one, of which systemd lets only root make use: cgroups(7).
func controlGroup(groups string) (dir string, legacyMemory bool) {
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		if fields[0] == "0" {
			dir = strings.TrimSuffix(fields[2], "/init.scope")
		} else if slices.Contains(strings.Split(fields[1], ","), "memory") {
			legacyMemory = true
		}
	}
	return dir, legacyMemory
}
