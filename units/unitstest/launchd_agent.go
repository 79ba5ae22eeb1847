package unitstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"howett.net/plist"
)

// agentKeys are the keys of launchd.plist(5) that the stand-in knows.
type agentKeys struct {
	Label                                                string
	ProgramArguments                                     []string
	EnvironmentVariables                                 map[string]string
	WorkingDirectory, StandardOutPath, StandardErrorPath string
	Umask, Nice, ExitTimeOut                             int
	RunAtLoad, LowPriorityIO, AbandonProcessGroup        bool
	ProcessType                                          string
	LimitLoadToSessionType                               []string
	KeepAlive                                            any // a boolean or a dictionary
	StartCalendarInterval                                agentTimes
}

// agentTimes are a dictionary or an array of them. Second is the stand-in's own.
type agentTimes []map[string]int

// UnmarshalPlist implements [plist.Unmarshaler].
func (a *agentTimes) UnmarshalPlist(unmarshal func(any) error) error {
	var one map[string]int
	if unmarshal(&one) == nil {
		*a = agentTimes{one}
		return nil
	}
	var all []map[string]int
	err := unmarshal(&all)
	*a = all
	return err
}

// readAgent refuses a key that it does not know: launchd would ignore it.
func readAgent(data []byte) (keys agentKeys, err error) {
	var all map[string]any
	if _, err := plist.Unmarshal(data, &all); err != nil {
		return keys, err
	}
	keys.ExitTimeOut = 20
	if _, err := plist.Unmarshal(data, &keys); err != nil {
		return keys, err
	}
	known := []string{
		"Label", "ProgramArguments", "EnvironmentVariables", "WorkingDirectory", "StandardOutPath", "StandardErrorPath", "Umask", "Nice", "ExitTimeOut",
		"RunAtLoad", "LowPriorityIO", "AbandonProcessGroup", "ProcessType", "LimitLoadToSessionType", "KeepAlive", "StartCalendarInterval",
	}
	for key := range all {
		if !slices.Contains(known, key) {
			return keys, fmt.Errorf("unknown key %s", key)
		}
	}
	for _, at := range keys.StartCalendarInterval {
		for key := range at {
			if !slices.Contains([]string{"Month", "Day", "Weekday", "Hour", "Minute", "Second"}, key) {
				return keys, fmt.Errorf("unknown key %s", key)
			}
		}
	}
	if keys.Label == "" || len(keys.ProgramArguments) == 0 || !slices.Contains([]string{"", "Background", "Standard", "Adaptive", "Interactive"}, keys.ProcessType) {
		return keys, errors.New("no label, no program or a strange type")
	}
	return keys, nil
}

func (a agentKeys) allows(session string) bool {
	return len(a.LimitLoadToSessionType) == 0 && session == "Aqua" || slices.Contains(a.LimitLoadToSessionType, session)
}

// keepsAlive reports whether the program is to run at once, see SuccessfulExit.
func (a agentKeys) keepsAlive() bool {
	switch keep := a.KeepAlive.(type) {
	case bool:
		return keep
	case map[string]any:
		_, ok := keep["SuccessfulExit"]
		return ok
	}
	return false
}

// restarts reports whether the program is started again after it ended.
func (a agentKeys) restarts(failure bool) bool {
	switch keep := a.KeepAlive.(type) {
	case bool:
		return keep
	case map[string]any:
		success, ok := keep["SuccessfulExit"].(bool)
		return ok && success != failure
	}
	return false
}

const ever = 100 * 365 * 24 * time.Hour

// untilCalendar is how long it is to the next moment that the calendar names,
// by the local clock; for ever without one.
func (a agentKeys) untilCalendar(now time.Time) time.Duration {
	wait := ever
	for _, at := range a.StartCalendarInterval {
		wait = min(wait, untilTime(at, now))
	}
	return wait
}

func untilTime(calendar map[string]int, now time.Time) time.Duration {
	want := func(key string, is int) bool { v, ok := calendar[key]; return !ok || v == is }
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.Local)
	for range 366 {
		if want("Month", int(day.Month())) && want("Day", day.Day()) && (want("Weekday", int(day.Weekday())) || calendar["Weekday"] == 7 && day.Weekday() == time.Sunday) {
			for t := day; t.Day() == day.Day(); t = t.Add(time.Minute) {
				if !want("Hour", t.Hour()) || !want("Minute", t.Minute()) {
					continue
				}
				if at := t.Add(time.Duration(calendar["Second"]) * time.Second); at.After(now) {
					return at.Sub(now)
				}
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return ever
}
