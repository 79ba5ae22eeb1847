package units

import (
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// taskTimers are tasks of this user, which the Task Scheduler runs while they
// are logged on.
type taskTimers struct{ tasks tasks }

// A calendar trigger, with one of its schedules.
// https://learn.microsoft.com/windows/win32/taskschd/taskschedulerschema-calendartrigger-triggergroup-element
type (
	taskCalendar struct {
		Repetition *taskRepetition `xml:"Repetition"`
		Start      string          `xml:"StartBoundary"`
		ByDay      *taskByDay      `xml:"ScheduleByDay"`
		ByWeek     *taskByWeek     `xml:"ScheduleByWeek"`
		ByMonth    *taskByMonth    `xml:"ScheduleByMonth"`
	}
	taskRepetition struct {
		Interval string `xml:"Interval"`
		Duration string `xml:"Duration"`
	}
	taskByDay struct {
		Interval int `xml:"DaysInterval"`
	}
	taskByWeek struct {
		Interval int       `xml:"WeeksInterval"`
		Days     taskNames `xml:"DaysOfWeek"`
	}
	taskByMonth struct {
		Days   []int     `xml:"DaysOfMonth>Day"`
		Months taskNames `xml:"Months"`
	}
)

// taskNames are days or months: each an empty element.
type taskNames []string

// MarshalXML implements [xml.Marshaler].
func (n taskNames) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	err := e.EncodeToken(start)
	for _, name := range n {
		if err == nil {
			err = e.EncodeElement("", xml.StartElement{Name: xml.Name{Local: name}})
		}
	}
	if err != nil {
		return err
	}
	return e.EncodeToken(start.End())
}

// maxTriggers is how many triggers a task may have.
const maxTriggers = 48

// timerTask describes the task of a timer.
func timerTask(userName string, t Timer) ([]byte, error) {
	triggers, err := calendarTriggers(t.Schedule)
	if err != nil {
		return nil, err
	}
	return taskXML(userName, t.Title, t.Args, t.Dir, taskTriggers{Calendar: triggers})
}

// calendarTriggers are one for each time of the day, or one that is repeated
// all day long where the times are evenly apart.
func calendarTriggers(s Schedule) ([]taskCalendar, error) {
	if len(s.Weekdays) > 0 && len(s.Days) > 0 {
		return nil, fmt.Errorf("%s: the Task Scheduler knows days of the week or of the month", s)
	}
	var day taskCalendar
	switch {
	case len(s.Weekdays) > 0:
		day.ByWeek = &taskByWeek{Interval: 1}
		for _, n := range s.Weekdays {
			day.ByWeek.Days = append(day.ByWeek.Days, time.Weekday(n%7).String())
		}
	case len(s.Days) > 0:
		day.ByMonth = &taskByMonth{Days: s.Days}
		for m := time.January; m <= time.December; m++ {
			day.ByMonth.Months = append(day.ByMonth.Months, m.String())
		}
	default:
		day.ByDay = &taskByDay{1}
	}
	times := s.minutesOfDay()
	if step := even(times); step > 0 {
		day.Start = taskStart(clock(times[0]))
		day.Repetition = &taskRepetition{xmlDuration(time.Duration(step) * time.Minute), "P1D"}
		return []taskCalendar{day}, nil
	}
	if len(times) > maxTriggers {
		return nil, fmt.Errorf("%s: %d times a day that are not evenly apart; the Task Scheduler takes %d", s, len(times), maxTriggers)
	}
	var all []taskCalendar
	for _, minute := range times {
		one := day
		one.Start = taskStart(clock(minute))
		all = append(all, one)
	}
	return all, nil
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// minutesOfDay are the times of a day of s.
func (s Schedule) minutesOfDay() (all []int) {
	for hour := range 24 {
		for minute := range 60 {
			if (len(s.Hours) == 0 || slices.Contains(s.Hours, hour)) && (len(s.Minutes) == 0 || slices.Contains(s.Minutes, minute)) {
				all = append(all, hour*60+minute)
			}
		}
	}
	return all
}

// even is how many minutes are between two times of the day, over midnight too;
// 0 if it is not always the same, or there is one time.
func even(times []int) int {
	const day = 24 * 60
	if len(times) < 2 {
		return 0
	}
	step := times[1] - times[0]
	for i, t := range times {
		next := times[0] + day
		if i+1 < len(times) {
			next = times[i+1]
		}
		if next-t != step {
			return 0
		}
	}
	return step
}

// Install implements [Timers]. Variables have no place in a task: a logon gives
// it its own.
func (w taskTimers) Install(ctx context.Context, t Timer) error {
	err := t.check()
	if err == nil {
		err = w.tasks.create(ctx, t.Name, func(userName string) ([]byte, error) { return timerTask(userName, t) })
	}
	if err == nil {
		err = w.tasks.query(ctx, t.Name) // Wine's says yes to everything
	}
	if err != nil {
		return fmt.Errorf("timer %s: %w", t.Name, err)
	}
	return nil
}

// Remove implements [Timers].
func (w taskTimers) Remove(ctx context.Context, name string) error {
	if !validName(name) || errors.Is(w.tasks.query(ctx, name), errNoTask) {
		return ctx.Err()
	}
	if err := w.tasks.remove(ctx, name); err != nil {
		return fmt.Errorf("timer %s: %w", name, err)
	}
	return nil
}

// List implements [Timers]. Of the table that schtasks prints only the names are
// the same in all languages.
func (w taskTimers) List(ctx context.Context, prefix string) ([]TimerStatus, error) {
	out, err := w.tasks.run(ctx, "/Query", "/FO", "CSV", "/NH")
	if err != nil {
		return nil, fmt.Errorf("timers: %w", err)
	}
	r := csv.NewReader(strings.NewReader(string(out)))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("timers: %w", err)
	}
	var all []TimerStatus
	for _, row := range rows {
		name := strings.TrimPrefix(row[0], `\`)
		twice := slices.ContainsFunc(all, func(s TimerStatus) bool { return s.Name == name }) // a line for each trigger
		if strings.HasPrefix(name, prefix) && validName(name) && !twice {
			all = append(all, TimerStatus{Name: name, Detail: "schtasks /Query /TN " + name + " says when"})
		}
	}
	return all, nil
}
