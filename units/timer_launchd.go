package units

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"howett.net/plist"
)

// launchdTimers are LaunchAgents, which launchd loads at each login
// (launchd.plist(5)). Of the times of a calendar that pass while the machine
// sleeps it makes one up; those that pass while it is off are missed.
type launchdTimers struct {
	ctl  launchctl
	home string // "": this user's
}

// timerPlist is an agent with several times, of which it has one at least.
type timerPlist struct {
	Label                 string
	ProgramArguments      []string
	EnvironmentVariables  map[string]string
	WorkingDirectory      string
	StandardOutPath       string
	StandardErrorPath     string
	Umask                 int
	StartCalendarInterval []map[string]int
	ProcessType           string
	LowPriorityIO         bool
	Nice                  int
}

// maxTimes bounds a property list.
const maxTimes = 2000

// calendarTimes are the times of s in launchd's words: one for each combination.
func calendarTimes(s Schedule) ([]map[string]int, error) {
	all := []map[string]int{{}}
	for _, part := range []struct {
		key    string
		values []int
	}{{"Weekday", s.Weekdays}, {"Day", s.Days}, {"Hour", s.Hours}, {"Minute", s.Minutes}} {
		if len(part.values) == 0 {
			continue
		}
		if len(all)*len(part.values) > maxTimes {
			return nil, fmt.Errorf("%s: more than %d times, of which launchd wants each", s, maxTimes)
		}
		var more []map[string]int
		for _, one := range all {
			for _, v := range part.values {
				next := map[string]int{part.key: v}
				maps.Copy(next, one)
				more = append(more, next)
			}
		}
		all = more
	}
	return all, nil
}

func (l launchdTimers) paths() (agents, logs string, err error) {
	home := l.home
	if home == "" {
		if home, err = launchdHome(); err != nil {
			return "", "", err
		}
	}
	return filepath.Join(home, "Library", "LaunchAgents"), filepath.Join(home, "Library", "Logs"), nil
}

// timerAgent is the property list of a timer. A Day and a Weekday in one time
// are either to launchd, and both to systemd: that is refused.
func timerAgent(t Timer, logs string) ([]byte, error) {
	if len(t.Schedule.Weekdays) > 0 && len(t.Schedule.Days) > 0 {
		return nil, fmt.Errorf("%s: launchd knows days of the week or of the month", t.Schedule)
	}
	times, err := calendarTimes(t.Schedule)
	if err != nil {
		return nil, err
	}
	log := filepath.Join(logs, t.Name+".log")
	a := timerPlist{
		Label:                 t.Name,
		ProgramArguments:      t.Args,
		EnvironmentVariables:  environment(t.Env),
		WorkingDirectory:      t.Dir,
		StandardOutPath:       log,
		StandardErrorPath:     log,
		Umask:                 0o077,
		StartCalendarInterval: times,
		ProcessType:           "Background",
		LowPriorityIO:         true,
		Nice:                  10,
	}
	return marshalPlist(a, append([]string{t.Dir, log}, t.Args...), a.EnvironmentVariables)
}

// Install implements [Timers].
func (l launchdTimers) Install(ctx context.Context, t Timer) error {
	err := t.check()
	if err == nil {
		err = l.install(ctx, t)
	}
	if err != nil {
		return fmt.Errorf("timer %s: %w", t.Name, err)
	}
	return nil
}

func (l launchdTimers) install(ctx context.Context, t Timer) error {
	agents, logs, err := l.paths()
	if err != nil {
		return err
	}
	text, err := timerAgent(t, logs)
	if err != nil {
		return err
	}
	file := entryFile{path: filepath.Join(agents, t.Name+plistSuffix), text: text}
	if file.old, err = readEntry(file.path); err != nil {
		return err
	}
	d := newLaunchd(l.ctl, os.Getuid(), agents, normal())
	loaded, err := d.find(ctx, t.Name)
	if err != nil || loaded != nil && bytes.Equal(file.old, text) {
		return err
	}
	for _, dir := range []string{agents, logs} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := l.unload(ctx, d, t.Name, loaded); err != nil {
		return err
	}
	err = file.write()
	if err == nil {
		err = d.bootstrap(ctx, t.Name)
	}
	if err != nil {
		err = errors.Join(err, file.restore())
		if file.old != nil {
			err = errors.Join(err, d.bootstrap(ctx, t.Name))
		}
	}
	return err
}

// unload boots a timer out, which ends what it is just starting.
func (launchdTimers) unload(ctx context.Context, d *launchd, name string, loaded *agentUnit) error {
	if loaded == nil {
		return nil
	}
	if err := d.bootOut(ctx, loaded.target); err != nil {
		return err
	}
	return d.awaitGone(ctx, name)
}

// Remove implements [Timers].
func (l launchdTimers) Remove(ctx context.Context, name string) error {
	if !validName(name) {
		return nil
	}
	agents, _, err := l.paths()
	if err != nil {
		return fmt.Errorf("timer %s: %w", name, err)
	}
	path := filepath.Join(agents, name+plistSuffix)
	if !exists(path) {
		return nil
	}
	d := newLaunchd(l.ctl, os.Getuid(), agents, normal())
	loaded, err := d.find(ctx, name)
	if err == nil {
		err = l.unload(ctx, d, name, loaded)
	}
	if err = errors.Join(err, removeAll(path)); err != nil { // whatever launchd says, the file goes
		return fmt.Errorf("timer %s: %w", name, err)
	}
	return nil
}

// List implements [Timers].
func (l launchdTimers) List(ctx context.Context, prefix string) ([]TimerStatus, error) {
	agents, _, err := l.paths()
	if err != nil {
		return nil, fmt.Errorf("timers: %w", err)
	}
	names, err := timerNames(agents, prefix, plistSuffix)
	if err != nil {
		return nil, fmt.Errorf("timers: %w", err)
	}
	d := newLaunchd(l.ctl, os.Getuid(), agents, normal())
	var all []TimerStatus
	for _, name := range names {
		st := TimerStatus{Name: name, Path: filepath.Join(agents, name+plistSuffix)}
		text, err := readEntry(st.Path)
		var a timerPlist
		if err == nil {
			_, err = plist.Unmarshal(text, &a)
		}
		if err != nil {
			st.Detail = oneLine(err.Error())
			all = append(all, st)
			continue
		}
		s := scheduleOf(a.StartCalendarInterval)
		st.Schedule, st.Next = s.String(), s.Next(time.Now())
		loaded, err := d.find(ctx, name)
		switch {
		case err != nil:
			st.Detail = oneLine(err.Error())
		case loaded == nil:
			st.Detail, st.Next = "not loaded; the next login does that", time.Time{}
		case loaded.exited && loaded.code != 0:
			st.Detail = "its last run failed: exit code " + strconv.Itoa(loaded.code)
		}
		all = append(all, st)
	}
	return all, nil
}

// scheduleOf is what calendarTimes made the times of.
func scheduleOf(times []map[string]int) (s Schedule) {
	for _, one := range times {
		for key, list := range map[string]*[]int{"Weekday": &s.Weekdays, "Day": &s.Days, "Hour": &s.Hours, "Minute": &s.Minutes} {
			if v, ok := one[key]; ok && !slices.Contains(*list, v) {
				*list = append(*list, v)
			}
		}
	}
	for _, list := range [][]int{s.Weekdays, s.Days, s.Hours, s.Minutes} {
		slices.Sort(list)
	}
	return s
}
