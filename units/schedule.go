package units

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule is when something is to be done again and again, in whole minutes of
// the local clock. Each list is sorted; an empty one says any.
type Schedule struct {
	Weekdays []int // 1 is Monday, 7 Sunday
	Days     []int // of the month
	Hours    []int
	Minutes  []int
}

// scheduleWords are the names that systemd.time(7) has for some.
var scheduleWords = map[string]string{
	"minutely": "*:*", "hourly": "*:00", "daily": "00:00", "weekly": "Mon 00:00", "monthly": "*-*-01 00:00",
}

var weekdayNames = []string{"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

// ParseSchedule reads what all systems can be told of the calendar of
// systemd.time(7): hourly, daily and the like, or WEEKDAYS *-*-DAYS HH:MM, of
// which parts may be missing. Each is *, or numbers with commas, ranges (9..17)
// and steps (0/15): "Mon..Fri 9..17:0/30", "*-*-1,15 06:00".
func ParseSchedule(text string) (Schedule, error) {
	s, err := parseSchedule(text)
	if err != nil {
		return Schedule{}, fmt.Errorf("%q: %w", oneLine(text), err)
	}
	return s, nil
}

func parseSchedule(text string) (s Schedule, err error) {
	if word, ok := scheduleWords[strings.ToLower(strings.TrimSpace(text))]; ok {
		text = word
	}
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return s, errors.New("no time given")
	}
	s.Hours, s.Minutes = []int{0}, []int{0}
	last := 0 // parts come in one order, each once
	for _, field := range fields {
		part := 0
		switch {
		case strings.Contains(field, ":"):
			part = 3
			s.Hours, s.Minutes, err = parseTime(field)
		case strings.HasPrefix(field, "*-*-"):
			part = 2
			s.Days, err = parseSet(field[len("*-*-"):], 1, 31, strconv.Atoi)
		case field[0] >= 'A':
			part = 1
			s.Weekdays, err = parseSet(field, 1, 7, weekday)
		}
		switch {
		case err != nil:
			return s, err
		case part == 0:
			return s, fmt.Errorf("%q is neither days of the week, nor of the month as in *-*-1,15, nor a time as in 06:30", field)
		case part <= last:
			return s, fmt.Errorf("%q stands in the wrong place", field)
		}
		last = part
	}
	return s, nil
}

func parseTime(field string) (hours, minutes []int, err error) {
	parts := strings.Split(field, ":")
	if len(parts) == 3 && (parts[2] == "0" || parts[2] == "00") {
		parts = parts[:2]
	}
	if len(parts) != 2 {
		return nil, nil, fmt.Errorf("%q is no time in hours and minutes", field)
	}
	hours, err = parseSet(parts[0], 0, 23, strconv.Atoi)
	if err == nil {
		minutes, err = parseSet(parts[1], 0, 59, strconv.Atoi)
	}
	return hours, minutes, err
}

func weekday(s string) (int, error) {
	for n, name := range weekdayNames {
		if n > 0 && (strings.EqualFold(s, name) || strings.EqualFold(s, time.Weekday(n%7).String())) {
			return n, nil
		}
	}
	return 0, errors.New("no day of the week")
}

// parseSet reads a part; read reads one element of it.
func parseSet(text string, low, high int, read func(string) (int, error)) ([]int, error) {
	in := make(map[int]bool)
	for item := range strings.SplitSeq(text, ",") {
		span, by, stepped := strings.Cut(item, "/")
		from, to, ranged := strings.Cut(span, "..")
		first, last, step := low, high, 1
		var err, lastErr, stepErr error
		if span != "*" {
			first, err = read(from)
			switch {
			case ranged:
				last, lastErr = read(to)
			case !stepped:
				last = first
			}
		}
		if stepped {
			step, stepErr = strconv.Atoi(by)
		}
		if errors.Join(err, lastErr, stepErr) != nil || first < low || last > high || first > last || step < 1 {
			return nil, fmt.Errorf("%q is no element, range or step of what is possible there", item)
		}
		for n := first; n <= last; n += step {
			in[n] = true
		}
	}
	if len(in) == high-low+1 {
		return nil, nil
	}
	var all []int
	for n := low; n <= high; n++ {
		if in[n] {
			all = append(all, n)
		}
	}
	return all, nil
}

// Every is a schedule for intervals that come out even in an hour, a day or a
// week: a calendar says after sleep and reboot too what was missed. Where in the
// interval it begins, a seed says, so that not all ask at once.
func Every(d time.Duration, seed string) (Schedule, error) {
	const day, week = 24 * time.Hour, 7 * 24 * time.Hour
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed))
	at := int(h.Sum32() % uint32(week/time.Minute)) // a minute of the week
	minute, hour, weekday := at%60, at/60%24, at/60/24+1
	step := func(offset, by, n int) (all []int) {
		for i := offset % by; i < n; i += by {
			all = append(all, i)
		}
		return all
	}
	switch {
	case d >= time.Minute && d < time.Hour && d%time.Minute == 0 && time.Hour%d == 0:
		if d == time.Minute {
			return Schedule{}, nil
		}
		return Schedule{Minutes: step(minute, int(d/time.Minute), 60)}, nil
	case d == time.Hour:
		return Schedule{Minutes: []int{minute}}, nil
	case d > time.Hour && d <= day && d%time.Hour == 0 && day%d == 0:
		return Schedule{Hours: step(hour, int(d/time.Hour), 24), Minutes: []int{minute}}, nil
	case d == week:
		return Schedule{Weekdays: []int{weekday}, Hours: []int{hour}, Minutes: []int{minute}}, nil
	}
	return Schedule{}, fmt.Errorf("%v does not come out even in an hour or a day: 5m, 15m, 30m, 1h, 2h, 6h, 12h, 24h and the like do, and a week", d)
}

// String is s as systemd.time(7) has it.
func (s Schedule) String() string {
	var parts []string
	if len(s.Weekdays) > 0 {
		names := make([]string, len(s.Weekdays))
		for i, n := range s.Weekdays {
			names[i] = weekdayNames[n]
		}
		parts = append(parts, strings.Join(names, ","))
	}
	if len(s.Days) > 0 {
		parts = append(parts, "*-*-"+numbers(s.Days))
	}
	return strings.Join(append(parts, numbers(s.Hours)+":"+numbers(s.Minutes)), " ")
}

func numbers(all []int) string {
	if len(all) == 0 {
		return "*"
	}
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = fmt.Sprintf("%02d", n)
	}
	return strings.Join(texts, ",")
}

// Next is the first time of s after a time, in its location; zero if none comes
// within eight years. What the clock skips when it is put forward does not come.
func (s Schedule) Next(after time.Time) time.Time {
	in := func(n int, all []int) bool { return len(all) == 0 || slices.Contains(all, n) }
	year, month, day := after.Date()
	for i := range 8 * 366 {
		date := time.Date(year, month, day+i, 0, 0, 0, 0, after.Location())
		if !in(date.Day(), s.Days) || !in((int(date.Weekday())+6)%7+1, s.Weekdays) {
			continue
		}
		for hour := range 24 {
			for minute := range 60 {
				if !in(hour, s.Hours) || !in(minute, s.Minutes) {
					continue
				}
				t := time.Date(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, after.Location())
				if t.After(after) && t.Hour() == hour && t.Minute() == minute {
					return t
				}
			}
		}
	}
	return time.Time{}
}
