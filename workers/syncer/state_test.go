package syncer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
)

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func profile() Config {
	return Config{
		Provider: testPlatform, Direction: Bidirectional, Profile: "web", Home: testSource,
		Sources:     []importer.Source{{Platform: testPlatform, Name: testSource, Server: "https://gitea.test", API: "https://gitea.test/api/v1/"}},
		Permissions: Permissions{Read: true, UpdateStatus: true, Upsert: true},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	check(t, profile().Check())
	for name, change := range map[string]func(*Config){
		"profile":     func(c *Config) { c.Profile = "../x" },
		"no profile":  func(c *Config) { c.Profile = "" },
		"direction":   func(c *Config) { c.Direction = "up" },
		"rule":        func(c *Config) { c.Rule = "mine" },
		"no source":   func(c *Config) { c.Sources = nil },
		"single item": func(c *Config) { c.Sources[0].Number = "1" },
		"two platforms": func(c *Config) {
			c.Sources = append(c.Sources, importer.Source{Platform: "jira", Name: "P", Server: "https://j.test", API: "https://j.test/"})
		},
		"home":       func(c *Config) { c.Home = "acme/other" },
		"status out": func(c *Config) { c.Statuses.Out = map[workers.ItemStatus]string{"Closed": "x"} },
		"status in":  func(c *Config) { c.Statuses.In = map[string]workers.ItemStatus{"x": "Closed"} },
		"limit":      func(c *Config) { c.Limit = -1 },
	} {
		c := profile()
		change(&c)
		err := c.Check()
		if _, ok := errors.AsType[*workers.InputError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse([]byte(`{"direction":1}`)); err == nil {
		t.Error("malformed config is taken")
	}
}

// Two syncs of one profile at once: the second names the first.
func TestLease(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	check(t, Busy(project, "web"))
	l, err := take(project, "web", "0badcafe")
	check(t, err)
	for _, err := range []error{Busy(project, "web"), second(take(project, "web", "other"))} {
		busy, ok := errors.AsType[*BusyError](err)
		if !ok || busy.Job != "0badcafe" || busy.PID != os.Getpid() || !strings.Contains(err.Error(), "job 0badcafe") {
			t.Errorf("%v", err)
		}
	}
	other, err := take(project, "api", "other")
	check(t, err)
	check(t, other.close())
	check(t, l.close())
	check(t, Busy(project, "web"))
	l, err = take(project, "web", "next")
	check(t, err)
	check(t, l.close())
}

func second[T any](_ T, err error) error { return err }

func TestOutbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o, err := openOutbox(dir)
	check(t, err)
	title := "A title"
	first := &intent{Time: time.Now(), Source: "s", Path: "a", Write: workers.Write{Mark: "one", Fields: workers.Fields{Title: &title}}, Sent: map[string]string{"Title": "x"}}
	next := &intent{Time: time.Now(), Source: "s", Path: "b", Write: workers.Write{Mark: "two", Number: "2"}}
	check(t, o.begin(first))
	check(t, o.begin(next))
	check(t, o.answered(first, workers.Item{Number: "7", Title: title}))
	check(t, o.done(next))
	check(t, o.close())

	// A request whose intent is not whole never left.
	path := filepath.Join(dir, "outbox.jsonl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	check(t, err)
	_, err = f.WriteString(`{"mark":"three","intent":{"t`)
	check(t, errors.Join(err, f.Close()))
	o, err = openOutbox(dir)
	check(t, err)
	got := o.of("s")
	if len(got) != 1 || got[0].Write.Mark != "one" || got[0].answer == nil || got[0].answer.Number != "7" || *got[0].Write.Fields.Title != title || got[0].Sent["Title"] != "x" {
		t.Errorf("%+v", got)
	}
	if len(o.open) != 1 || o.open[0].Path != "a" {
		t.Error("wrong paths")
	}
	check(t, o.done(got[0]))
	check(t, o.close())

	// Nothing is open: the file is emptied.
	o, err = openOutbox(dir)
	check(t, err)
	check(t, o.close())
	if info, err := os.Stat(path); err != nil || info.Size() != 0 || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", info, err)
	}
	check(t, os.WriteFile(path, []byte("{\"mark\":\"x\"\n{}\n"), 0o600))
	if _, err := openOutbox(dir); err == nil {
		t.Error("a damaged outbox is taken")
	}
}

// What was read is never later than the moment at which the reading began, by
// the tracker's clock, however that differs from ours.
func TestRead(t *testing.T) {
	t.Parallel()
	c := profile()
	at := func(s string) time.Time {
		v, err := time.Parse(time.TimeOnly, s)
		check(t, err)
		return v.AddDate(2026, 0, 0)
	}
	was := &remembered{Read: at("10:00:00"), Filter: c.filter()}
	for _, x := range []struct {
		name                            string
		since, latest, begun, now, want time.Time
	}{
		{"quick", at("09:55:00"), at("11:00:00"), at("12:00:00"), at("12:00:10"), at("10:59:50")},
		{"nothing new", at("09:55:00"), time.Time{}, at("12:00:00"), at("12:00:10"), at("10:00:00")},
		{"long", at("09:55:00"), at("11:00:00"), at("12:00:00"), at("15:00:00"), at("10:00:00")},
		{"with a gap", at("10:30:00"), at("11:00:00"), at("12:00:00"), at("12:00:10"), at("10:00:00")},
		{"in the future", at("09:55:00"), at("23:00:00"), at("12:00:00"), at("12:00:10"), at("12:00:00")},
		{"clock set back", at("09:55:00"), at("11:00:00"), at("12:00:00"), at("11:30:00"), at("11:00:00")},
	} {
		if got := c.read(was, x.since, x.latest, x.begun, x.now); !got.Equal(x.want) {
			t.Errorf("%s: %v, not %v", x.name, got, x.want)
		}
	}
	if got := c.since(at("01:00:00"), was); !got.Equal(at("09:55:00")) {
		t.Error(got)
	}
	c.Labels = []string{"other"}
	if got := c.since(at("01:00:00"), was); !got.Equal(at("01:00:00")) {
		t.Errorf("another filter: %v", got)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m, err := readMemory(dir)
	check(t, err)
	m.of("s").Read = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m.of("s").refuse("id", refusal{Field: "title", Value: "v", Version: "1", Message: "no"})
	m.of("s").refuse("id", refusal{Field: "title", Value: "w", Version: "2", Message: "no"})
	check(t, m.save())
	m, err = readMemory(dir)
	check(t, err)
	if r := m.of("s"); r.Read.IsZero() || len(r.Refuse["id"]) != 1 || r.Refuse["id"][0].Value != "w" {
		t.Errorf("%+v", r)
	}
	check(t, os.WriteFile(filepath.Join(dir, "state.json"), []byte("{"), 0o600))
	m, err = readMemory(dir)
	check(t, err)
	if !m.of("s").Read.IsZero() {
		t.Error("something of a damaged file is taken")
	}
}
