package units

import (
	"fmt"
	"slices"
	"strings"
)

// serviceFile is a unit file of a command that starts jobs and ends.
type serviceFile struct {
	title    string
	args     []string
	env      []string
	dir      string   // "": wherever the manager is
	sections []string // lines after those of the service
}

// percent keeps systemd from taking a sign for a specifier (systemd.unit(5)).
var percent = strings.NewReplacer("%", "%%")

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(s) + `"`
}

// head is what all of our files begin with.
func head(title string) []string {
	return []string{
		"# Written by specweave, which replaces it as a whole: put changes into a drop-in.",
		"[Unit]",
		"Description=" + percent.Replace(title),
	}
}

// text is the file. Environment= knows specifiers and quotes, ExecStart=
// variables too, but in no first word; ConditionFileIsExecutable= and
// WorkingDirectory= specifiers only (systemd.unit(5), systemd.service(5),
// systemd.exec(5), systemd.syntax(7)). A program that is gone, as after an
// uninstallation, is no failure, and neither is a directory.
func (f serviceFile) text() ([]byte, error) {
	if err := checkBoot(f.args, f.env); err != nil {
		return nil, err
	}
	if s := f.args[0]; strings.ContainsAny(s, `"'\`) || strings.TrimSpace(s) != s {
		return nil, fmt.Errorf("%q: systemd runs no program of such a name", s)
	}
	if s := f.dir; strings.HasSuffix(s, `\`) || strings.TrimSpace(s) != s {
		return nil, fmt.Errorf("%q: systemd runs nothing in a directory of such a name", s)
	}
	lines := append(head(f.title), "ConditionFileIsExecutable="+percent.Replace(f.args[0]))
	if f.dir != "" {
		lines = append(lines, "ConditionPathIsDirectory="+percent.Replace(f.dir))
	}
	lines = append(lines, "", "[Service]", "Type=oneshot")
	if f.dir != "" {
		lines = append(lines, "WorkingDirectory="+percent.Replace(f.dir))
	}
	exec := quote(f.args[0])
	for _, arg := range f.args[1:] {
		exec += " " + strings.ReplaceAll(quote(arg), "$", "$$")
	}
	lines = append(lines, "ExecStart="+exec)
	// a detached process would end with this unit
	for _, v := range append(slices.Clip(f.env), schedulerVar+"="+string(KindSystemd)) {
		lines = append(lines, "Environment="+quote(v))
	}
	lines = append(lines,
		"TimeoutStartSec=15min",
		"UMask=0077",
		"Slice="+slice,
		"Nice=10",
		"CPUWeight=50",
		"IOWeight=50",
	)
	return []byte(strings.Join(append(lines, f.sections...), "\n") + "\n"), nil
}
