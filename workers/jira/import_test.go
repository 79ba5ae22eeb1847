package jira_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

// An import that rests for so long that Jira forgets its place goes on behind
// what it has read, whatever happened meanwhile to the issues there.
func TestImportForgotten(t *testing.T) {
	t.Parallel()
	w := &providertest.World{Source: "APP", PageSize: 5, Self: "me"}
	for range 40 {
		w.Make(func(i *providertest.Issue) { i.Title, i.Updated = "An issue", i.Created })
	}
	searches, limited := 0, true
	f := &fake{World: w, cloud: true}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.SetBasicAuth("", "")
		if strings.HasSuffix(r.URL.Path, "/search/jql") {
			if searches++; limited && searches == 7 { // 30 issues were read
				rw.Header().Set("Retry-After", "3600")
				http.Error(rw, "enough", http.StatusTooManyRequests)
				return
			}
		}
		f.ServeHTTP(rw, r)
	}))
	defer s.Close()
	base, err := url.Parse(s.URL)
	check(t, err)
	project := t.TempDir()
	check(t, os.Mkdir(filepath.Join(project, ".specweave"), 0o700))
	store := jobs.Open(project)
	job, err := store.Create(jobs.ImportIssues, importer.Config{
		Sources: []importer.Source{{Platform: "jira", Name: "APP", Server: s.URL, API: s.URL + "/"}}, Closed: true,
	})
	check(t, err)
	attempt := func() jobs.State {
		state, err := jobs.Attempt{
			Store: store, Log: jobs.NewLog(t.Output()),
			Workers: map[jobs.Type]jobs.Worker{jobs.ImportIssues: importer.New(importer.Options{
				Connect: func(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
					return importer.Tracker{Provider: jira.NewProvider(rest.New(rest.Options{Base: base}))}, nil
				},
			})},
		}.Run(t.Context(), job.ID)
		check(t, err)
		return state
	}
	if state := attempt(); state.Status != jobs.Paused || state.Done != 30 {
		t.Fatalf("%+v", state)
	}
	limited, searches = false, 0
	w.Cursors++
	for _, n := range []int64{3, 29, 30, 35} { // read, where to go on, and not read
		w.Remove(n)
	}
	w.Edit(31, func(i *providertest.Issue) { i.Close(true, time.Now()) })
	w.Make(func(i *providertest.Issue) { i.Title = "A new issue" })
	state := attempt()
	if state.Status != jobs.Completed || searches > 5 {
		t.Errorf("%+v, %d searches", state, searches)
	}
	stories := make(map[string]bool)
	check(t, filepath.WalkDir(filepath.Join(project, ".specweave", "docs"), func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(e.Name(), "us-") {
			data, err := os.ReadFile(path)
			_, id, _ := strings.Cut(string(data), "**External ID**: JIRA-")
			id, _, _ = strings.Cut(id, "\n")
			if stories[id] {
				t.Errorf("%s has two stories", id)
			}
			stories[id] = true
			return err
		}
		return err
	}))
	for _, i := range w.Issues(nil) {
		if !stories[key(i.Number)] {
			t.Errorf("%s has no story", key(i.Number))
		}
	}
	if len(stories) != 40 || state.Done != 40 { // 30, and of 31 to 41 all but 35
		t.Errorf("%d stories, %+v", len(stories), state)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What was moved to another project is nothing to go on behind: JQL would go on
// there.
func TestImportMovedAway(t *testing.T) {
	t.Parallel()
	w := &providertest.World{Source: "APP", PageSize: 5, Self: "me"}
	for range 20 {
		w.Make(func(i *providertest.Issue) { i.Title = "An issue" })
	}
	f := &fake{World: w, cloud: true}
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.SetBasicAuth("", "")
		if of, ok := strings.CutPrefix(r.URL.Path, "/rest/api/3/issue/"); ok {
			if asked = append(asked, of); of == key(10) {
				answer(rw, http.StatusOK, map[string]any{"id": "10", "key": "OTHER-1", "fields": map[string]any{}})
				return
			}
		}
		f.ServeHTTP(rw, r)
	}))
	defer s.Close()
	base, err := url.Parse(s.URL)
	check(t, err)
	p, q := jira.NewProvider(rest.New(rest.Options{Base: base})), workers.ItemQuery{Source: "APP"}
	first, err := p.Page(t.Context(), q, "")
	check(t, err)
	second, err := p.Page(t.Context(), q, first.Next)
	check(t, err)
	w.Cursors++
	third, err := p.Page(t.Context(), q, second.Next)
	check(t, err)
	if len(third.Items) != 4 || third.Items[0].ID != key(11) || strings.Join(asked, " ") != key(10)+" "+key(9) {
		t.Errorf("%q asked for: %+v", asked, third.Items)
	}
	for n := int64(1); n <= 20; n++ { // none is left to go on behind
		w.Remove(n)
	}
	w.Cursors++
	if page, err := p.Page(t.Context(), q, third.Next); err == nil || !strings.Contains(err.Error(), workers.ErrCursor.Error()) {
		t.Errorf("%+v, %v", page, err)
	}
}
