package units

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"
)

// taskEvery is how often a task looks after jobs while its user is logged on.
const taskEvery = 10 * time.Minute

// tasks speaks to the Task Scheduler of Windows through schtasks.exe, which run
// runs; https://learn.microsoft.com/windows/win32/taskschd/schtasks.
type tasks struct {
	run func(ctx context.Context, args ...string) ([]byte, error)
}

// errNoTask says that there is no task of that name.
var errNoTask = errors.New("no such task")

func runSchtasks(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	name := filepath.Join(os.Getenv("SystemRoot"), "System32", "schtasks.exe") // not whatever PATH has
	cmd := exec.CommandContext(ctx, name, args...)                             //nolint:gosec // a fixed program
	cmd.WaitDelay = outputWait                                                 // for a service that it starts
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("schtasks %s: %w: %s", args[0], err, oneLine(strings.TrimSpace(string(out))))
	}
	return out, nil
}

// create registers a task of this user, in place of one of that name. It needs no
// administrator: the user is the task's own. describe makes its text, given the
// user's name.
func (t tasks) create(ctx context.Context, name string, describe func(userName string) ([]byte, error)) error {
	u, err := user.Current()
	if err != nil {
		return fmt.Errorf("task: %w", err)
	}
	text, err := describe(u.Username)
	if err != nil {
		return fmt.Errorf("task: %w", err)
	}
	f, err := os.CreateTemp("", name+"-*.xml") // mode 0600
	if err != nil {
		return fmt.Errorf("task: %w", err)
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(text); err != nil {
		return errors.Join(fmt.Errorf("task: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("task: %w", err)
	}
	_, err = t.run(ctx, "/Create", "/TN", name, "/XML", f.Name(), "/F")
	return err
}

// query returns an error that wraps errNoTask if there is no such task, or none
// that can be asked for.
func (t tasks) query(ctx context.Context, name string) error {
	out, err := t.run(ctx, "/Query", "/TN", name, "/XML", "ONE")
	if err != nil {
		return fmt.Errorf("%w: %w", errNoTask, err)
	}
	if len(bytes.TrimSpace(out)) == 0 { // Wine's says nothing, and does nothing
		return errNoTask
	}
	return nil
}

func (t tasks) remove(ctx context.Context, name string) error {
	_, err := t.run(ctx, "/Delete", "/TN", name, "/F")
	return err
}

// The elements of a task, in the order that its schema has.
// https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
type (
	taskDoc struct {
		XMLName   xml.Name      `xml:"http://schemas.microsoft.com/windows/2004/02/mit/task Task"`
		Version   string        `xml:"version,attr"`
		Info      taskInfo      `xml:"RegistrationInfo"`
		Triggers  taskTriggers  `xml:"Triggers"`
		Principal taskPrincipal `xml:"Principals>Principal"`
		Settings  taskSettings  `xml:"Settings"`
		Actions   taskActions   `xml:"Actions"`
	}
	taskInfo struct {
		Description string `xml:"Description"`
	}
	taskTriggers struct {
		Time     []taskTime     `xml:"TimeTrigger"`
		Logon    []taskLogon    `xml:"LogonTrigger"`
		Calendar []taskCalendar `xml:"CalendarTrigger"`
	}
	taskTime struct {
		Every string `xml:"Repetition>Interval"`
		Start string `xml:"StartBoundary"`
	}
	taskLogon struct {
		UserID string `xml:"UserId"`
		Delay  string `xml:"Delay"`
	}
	taskPrincipal struct {
		ID        string `xml:"id,attr"`
		UserID    string `xml:"UserId"`
		LogonType string `xml:"LogonType"`
		RunLevel  string `xml:"RunLevel"`
	}
	taskActions struct {
		Context   string `xml:"Context,attr"`
		Command   string `xml:"Exec>Command"`
		Arguments string `xml:"Exec>Arguments"`
		Dir       string `xml:"Exec>WorkingDirectory,omitempty"`
	}
	taskSettings struct {
		MultipleInstancesPolicy    string `xml:"MultipleInstancesPolicy"`
		DisallowStartIfOnBatteries bool   `xml:"DisallowStartIfOnBatteries"`
		StopIfGoingOnBatteries     bool   `xml:"StopIfGoingOnBatteries"`
		StartWhenAvailable         bool   `xml:"StartWhenAvailable"`
		ExecutionTimeLimit         string `xml:"ExecutionTimeLimit"`
		Priority                   int    `xml:"Priority"`
	}
)

// bootTask describes a task of userName that runs args at their logon and, while
// they are logged on, every ten minutes; what was missed while the machine slept
// is made up for. A standard user may have a logon trigger for themselves only
// ([MS-TSCH] 3.2.5.4.2).
func bootTask(userName string, args []string) ([]byte, error) {
	return taskXML(userName, "SpecWeave: go on with interrupted jobs", args, "", taskTriggers{
		Time:  []taskTime{{Every: xmlDuration(taskEvery), Start: taskStart("00:00")}},
		Logon: []taskLogon{{UserID: userName, Delay: xmlDuration(time.Minute)}},
	})
}

// taskStart is a time of a day that is past.
func taskStart(clock string) string { return "2020-01-01T" + clock + ":00" }

// taskXML describes a task. The text is UTF-16, which schtasks reads whatever the
// system's code page is.
//
// conhost --headless keeps a window from opening each time. Microsoft does not
// document it, but knows that it is used so:
// https://github.com/microsoft/terminal/issues/13914
func taskXML(userName, title string, args []string, dir string, triggers taskTriggers) ([]byte, error) {
	if err := checkBoot(args, nil); err != nil {
		return nil, err
	}
	doc := taskDoc{
		Version:   "1.2",
		Info:      taskInfo{title},
		Triggers:  triggers,
		Principal: taskPrincipal{"Author", userName, "InteractiveToken", "LeastPrivilege"},
		Settings: taskSettings{
			MultipleInstancesPolicy: "IgnoreNew", StartWhenAvailable: true,
			ExecutionTimeLimit: xmlDuration(15 * time.Minute), Priority: 7,
		},
		Actions: taskActions{"Author", `%SystemRoot%\System32\conhost.exe`, "--headless " + commandLine(args), dir},
	}
	for _, text := range []string{doc.Actions.Arguments, dir} {
		if strings.Contains(text, "%") || strings.Contains(text, "$(") {
			return nil, fmt.Errorf("%s: the Task Scheduler would expand variables in it", text)
		}
	}
	body, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, err
	}
	units := utf16.Encode([]rune("\ufeff" + `<?xml version="1.0" encoding="UTF-16"?>` + "\n" + string(body) + "\n"))
	return binary.Append(nil, binary.LittleEndian, units)
}

// xmlDuration writes whole minutes as XML Schema does.
func xmlDuration(d time.Duration) string { return fmt.Sprintf("PT%dM", d/time.Minute) }
