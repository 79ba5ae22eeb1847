package units

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"howett.net/plist"
)

// agentPlist is a property list for launchd, with the keys of launchd.plist(5)
// that we use.
type agentPlist struct {
	Label                  string
	ProgramArguments       []string
	EnvironmentVariables   map[string]string `plist:",omitempty"`
	WorkingDirectory       string            `plist:",omitempty"`
	StandardOutPath        string
	StandardErrorPath      string
	Umask                  int // launchd takes a number by its value: 63 is 077
	RunAtLoad              bool
	KeepAlive              *keepAlive    `plist:",omitempty"`
	StartCalendarInterval  *calendarTime `plist:",omitempty"`
	ProcessType            string
	LowPriorityIO          bool
	Nice                   int
	ExitTimeOut            int `plist:",omitempty"` // seconds from SIGTERM to SIGKILL
	AbandonProcessGroup    bool
	LimitLoadToSessionType []string `plist:",omitempty"`
}

// keepAlive has the program started again unless it exits with 0, at least ten
// seconds after the last start. It implies RunAtLoad.
type keepAlive struct{ SuccessfulExit bool }

// calendarTime is a moment by the local clock, each year. Second is for tests:
// launchd knows no such key.
type calendarTime struct {
	Month, Day, Hour, Minute int
	Second                   int `plist:",omitempty"`
}

// sessions are the types of session that a unit may run in: at the screen, and
// without one, as over ssh.
var sessions = []string{"Aqua", "Background"} //nolint:gochecknoglobals // a constant, which Go has not

// newAgent translates s. A unit that waits is not started again after a crash:
// KeepAlive would start it now. input is where it gets its Input, "" for
// nowhere. After has no place in launchd.
func newAgent(s Spec, due time.Time, input string, l limits) agentPlist {
	a := agentPlist{
		Label:                  s.Name,
		ProgramArguments:       s.Args,
		EnvironmentVariables:   environment(s.Env),
		WorkingDirectory:       s.Dir,
		StandardOutPath:        s.LogPath,
		StandardErrorPath:      s.LogPath,
		Umask:                  0o077,
		ProcessType:            "Background",
		LowPriorityIO:          true,
		Nice:                   10,
		ExitTimeOut:            max(1, int(l.Stop.Seconds())), // 0 is for ever
		LimitLoadToSessionType: sessions,
	}
	if input != "" {
		a.EnvironmentVariables[inputVar] = input
	}
	if due.IsZero() {
		a.RunAtLoad, a.KeepAlive = true, &keepAlive{SuccessfulExit: false}
		return a
	}
	a.EnvironmentVariables[notBeforeVar] = due.UTC().Format(time.RFC3339)
	at := due.Local()
	a.StartCalendarInterval = &calendarTime{int(at.Month()), at.Day(), at.Hour(), at.Minute(), at.Second()}
	return a
}

// environment is env as a dictionary.
func environment(env []string) map[string]string {
	all := make(map[string]string, len(env))
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		all[name] = value
	}
	return all
}

// due returns when a unit that waits is to start, zero for any other.
func (a agentPlist) due() time.Time {
	if a.StartCalendarInterval == nil {
		return time.Time{}
	}
	t, _ := time.Parse(time.RFC3339, a.EnvironmentVariables[notBeforeVar])
	return t
}

// dueBy is Due for a manager that keeps time in steps of grain, rounded up.
func (s Spec) dueBy(now time.Time, grain time.Duration) time.Time {
	due := s.Due(now)
	if early := due.Sub(due.Truncate(grain)); !due.IsZero() && early > 0 {
		due = due.Add(grain - early)
	}
	return due
}

// xml writes the property list.
func (a agentPlist) xml() ([]byte, error) {
	texts := slices.Concat([]string{a.Label, a.WorkingDirectory, a.StandardOutPath, a.StandardErrorPath}, a.ProgramArguments)
	return marshalPlist(a, texts, a.EnvironmentVariables)
}

// marshalPlist refuses what XML 1.0 has no characters for, in place of which the
// library would write U+FFFD without a word.
func marshalPlist(a any, texts []string, env map[string]string) ([]byte, error) {
	for name, value := range maps.All(env) {
		texts = append(texts, name, value)
	}
	for _, text := range texts {
		if !xmlText(text) {
			return nil, fmt.Errorf("%q: not text that a property list can hold", text)
		}
	}
	return plist.MarshalIndent(a, plist.XMLFormat, "\t")
}

// xmlText reports whether text passes through XML unchanged: valid UTF-8 of
// "Char" in https://www.w3.org/TR/xml/#charsets.
func xmlText(text string) bool {
	for i, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == '\r': // which is written as &#xD;
		case r < ' ' || r == 0xFFFE || r == 0xFFFF:
			return false
		case r == 0xFFFD && !strings.HasPrefix(text[i:], "\uFFFD"): // what a bad byte reads as
			return false
		}
	}
	return true
}

// parseAgent reads what xml wrote.
func parseAgent(data []byte) (a agentPlist, err error) {
	if _, err := plist.Unmarshal(data, &a); err != nil {
		return a, err
	}
	if a.Label == "" {
		return a, errors.New("no label")
	}
	return a, nil
}
