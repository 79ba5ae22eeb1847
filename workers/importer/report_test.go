package importer

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
)

// What became of a job's sources is told while it runs, as at its end.
func TestReports(t *testing.T) {
	a := Source{Platform: "github", Name: "acme/a", Server: "https://github.com", API: "https://api.github.com/"}
	b := Source{Platform: "github", Name: "acme/b", Server: "https://github.com", API: "https://api.github.com/"}
	store := jobs.Open(t.TempDir())
	job, err := store.Create(jobs.ImportIssues, Config{Provider: "github", Sources: []Source{a, b}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := store.Claim(job.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	at := place{Next: "2", Begun: time.Now(), tally: tally{
		Counted: 200, Read: 100, Written: 40, Refreshed: 20, Closed: 10, Conflicts: 3, Gone: 1, Skipped: 5,
		Why: []skipped{{"github#acme/a#7", "too large"}},
	}}
	for _, err := range []error{
		c.Start(""), c.Begin(a.Item()), c.Advance(a.Item(), at, at.counts()),
		c.Begin(b.Item()), c.Fail(b.Item(), "auth", "denied"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	v, err := store.Find(job.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Reports(v.Job, &v.State)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []string{
		"github:acme/a: 100 of 200 read, 40 new, 20 changed, 25 unchanged, 10 closed and not imported before, 1 gone at the source, 3 in conflict, 5 not written",
		"  github#acme/a#7: too large",
		"  … and 4 more",
	}
	if diff := cmp.Diff(want, got[0].Told()); diff != "" || got[0].Whole {
		t.Errorf("whole %v (-want +got):\n%s", got[0].Whole, diff)
	}
	if got[1].Error != "denied" || got[1].Read != 0 {
		t.Errorf("%+v", got[1])
	}
}

// What is kept of an error is cut between characters.
func TestClean(t *testing.T) {
	r := &run{opts: Options{Redact: func(s string) string { return s }}}
	for n := range 4 {
		got := r.clean(strings.Repeat("x", maxMessage-n) + strings.Repeat("€", 9))
		if !utf8.ValidString(got) || len(got) > maxMessage+len("…") || !strings.HasSuffix(got, "…") {
			t.Errorf("%q", got[maxMessage-5:])
		}
	}
}
