package units_test

import (
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

func TestParseSchedule(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"hourly":                          "*:00",
		" Daily ":                         "00:00",
		"weekly":                          "Mon 00:00",
		"monthly":                         "*-*-01 00:00",
		"minutely":                        "*:*",
		"*:0/15":                          "*:00,15,30,45",
		"*:*/20":                          "*:00,20,40",
		"06:30:00":                        "06:30",
		"Mon..Fri 9..11:0/30":             "Mon,Tue,Wed,Thu,Fri 09,10,11:00,30",
		"sunday,Sat":                      "Sat,Sun 00:00",
		"Mon..Sun 1:2":                    "01:02",
		"*-*-15,1":                        "*-*-01,15 00:00",
		"Fri *-*-13 13:13":                "Fri *-*-13 13:13",
		"*-*-* 0..23:0..59":               "*:*",
		"":                                "",
		"noon":                            "",
		"24:00":                           "",
		"1:60":                            "",
		"1:2:3":                           "",
		"10..9:00":                        "",
		"*:0/0":                           "",
		"*:-1":                            "",
		"12:00 Mon":                       "",
		"12:00 13:00":                     "",
		"2026-01-01 12:00":                "",
		"*-*-32":                          "",
		"Mon..Foo 1:00":                   "",
		"12:00 UTC":                       "",
		"*:00\nOnCalendar=*:*\n[Service]": "",
	} {
		s, err := units.ParseSchedule(text)
		if (err != nil) != (want == "") || err == nil && s.String() != want {
			t.Errorf("%q: %s, %v, want %s", text, s, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
		if again, err := units.ParseSchedule(s.String()); want != "" && (err != nil || again.String() != want) {
			t.Errorf("%q: again %s, %v", text, again, err)
		}
	}
}

func TestEvery(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 30, 1, 2, 3, 0, time.UTC)
	for _, d := range []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
	} {
		for _, seed := range []string{"", "a", "specweave-sync-aabbcc-web"} {
			s, err := units.Every(d, seed)
			if err != nil {
				t.Fatal(d, err)
			}
			at := s.Next(start)
			if wait := at.Sub(start); wait <= 0 || wait > d {
				t.Errorf("%v: the first after %v", d, wait)
			}
			for range 200 {
				next := s.Next(at)
				if next.Sub(at) != d {
					t.Fatalf("%v %q: %s comes after %v", d, seed, s, next.Sub(at))
				}
				at = next
			}
		}
	}
	for _, d := range []time.Duration{0, -time.Hour, 30 * time.Second, 7 * time.Minute, 90 * time.Second, 90 * time.Minute, 5 * time.Hour, 48 * time.Hour} {
		if s, err := units.Every(d, ""); err == nil {
			t.Errorf("%v: %s", d, s)
		}
	}
}

func TestScheduleNext(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct{ schedule, after, want string }{
		{"02:30", "2026-03-28T02:30:00", "2026-03-30T02:30:00"}, // the 29th has no such time
		{"*:30", "2026-03-29T01:30:00", "2026-03-29T03:30:00"},
		{"Fri *-*-13 13:13", "2026-11-13T13:13:00", "2027-08-13T13:13:00"},
		{"*-*-31 00:00", "2026-08-31T00:00:00", "2026-10-31T00:00:00"},
		{"*-*-29,30 00:00", "2026-02-01T00:00:00", "2026-03-29T00:00:00"},
		{"Mon..Fri 09:00", "2026-11-27T09:00:00", "2026-11-30T09:00:00"},
		{"23:59", "2026-12-31T23:59:00", "2027-01-01T23:59:00"},
	} {
		s, err := units.ParseSchedule(tt.schedule)
		if err != nil {
			t.Fatal(err)
		}
		after, err := time.ParseInLocation("2006-01-02T15:04:05", tt.after, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Next(after).Format("2006-01-02T15:04:05"); got != tt.want {
			t.Errorf("%s after %s: %s, want %s", tt.schedule, tt.after, got, tt.want)
		}
	}
}
