package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// realIssues is what listertest/with-gitea -i 10000 makes.
const realIssues = 10_000

// TestImportServer imports the issues of a real Gitea: with workers that are
// killed, once more where nothing has changed, and after edits on both sides.
func TestImportServer(t *testing.T) {
	if os.Getenv("RIG_REPOSITORIES") == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	if _, err := os.Stat(filepath.Join(os.Getenv("RIG_REPOSITORIES"), "acme", "issues.git")); err != nil {
		t.Skip("needs one with issues (make hosts)")
	}
	limited := new(atomic.Bool)
	server := limitOnce(t, os.Getenv("GITEA_URL"), limited)
	i := importing{
		site:   here(t, 0).exporting("SPECWEAVE_NO_SERVICE=1 SPECWEAVE_SCHEDULER=" + scheduler() + " GITEA_TOKEN= GITEA_URL=" + server),
		source: "gitea acme/issues", items: realIssues, flags: "--include-closed",
		secrets: "GITEA_TOKEN=" + os.Getenv("GITEA_TOKEN"), limited: limited,
	}
	i.ordeal(t)
	o := &ordeal{site: i.site, dir: filepath.Join(i.home, "calm")}
	i.refreshes(t, o, server)
	i.merges(t, o)
}

// limitOnce stands in front of a server, and asks for an hour's rest once when
// limited is true.
func limitOnce(t *testing.T, server string, limited *atomic.Bool) string {
	t.Helper()
	u, err := url.Parse(server)
	check(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(u) },
		ErrorLog: log.New(io.Discard, "", 0), // whoever is killed does not wait for answers
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if limited.CompareAndSwap(true, false) {
			w.Header().Set("Retry-After", "3600")
			say(w, http.StatusTooManyRequests, "slow down")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// refreshes imports once more what has not changed: no file is written, and it
// does not take several times what the pages take one after the other. The
// server shares its processors with us; bench.sh tells how much longer it takes.
func (i *importing) refreshes(t *testing.T, o *ordeal, server string) {
	t.Helper()
	before := o.versions(t)
	slow := true
	for try := 0; try < 3 && slow; try++ {
		start := time.Now()
		for page := range realIssues / 50 {
			ask(t, http.MethodGet, fmt.Sprintf("%s/api/v1/repos/acme/issues/issues?type=issues&state=all&limit=50&page=%d", server, page+1), nil)
		}
		network := time.Since(start)
		start = time.Now()
		o.again(t, i, "--foreground")
		took := time.Since(start)
		slow = took > 2*network+5*time.Second
		t.Logf("%d pages in %v, nothing new in %v", realIssues/50, network, took)
		o.tells(t, fmt.Sprintf(`"unchanged": %d,`, realIssues))
	}
	if slow {
		t.Error("a refresh takes much longer than its pages")
	}
	for path, now := range o.versions(t) {
		if now != before[path] {
			t.Fatalf("%s was written again", path)
		}
	}
}

// versions are the times and inodes of the files of stories.
func (o *ordeal) versions(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	check(t, filepath.Walk(filepath.Join(o.dir, ".specweave", "docs"), func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			all[path] = fmt.Sprintf("%v %+v", info.ModTime(), info.Sys())
			if at := strings.Index(all[path], "Atim"); at > 0 { // reading is no change
				all[path] = all[path][:at]
			}
		}
		return err
	}))
	return all
}

// tells makes sure that the last job's result holds a text.
func (o *ordeal) tells(t *testing.T, texts ...string) {
	t.Helper()
	data, err := os.ReadFile(o.file("result.json"))
	check(t, err)
	for _, text := range texts {
		if !strings.Contains(string(data), text) {
			t.Errorf("%s is not in result.json:\n%s", text, data)
		}
	}
}

// merges edits stories and issues, and imports what came of it.
func (i *importing) merges(t *testing.T, o *ordeal) {
	t.Helper()
	source := os.Getenv("GITEA_URL") + "/api/v1/repos/acme/issues/issues/"
	edit := func(number int, old, now string) {
		path := o.story(t, number)
		data, err := os.ReadFile(path)
		check(t, err)
		if !strings.Contains(string(data), old) {
			t.Fatalf("%s:\n%s", path, data)
		}
		check(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, now, 1)), 0o600))
	}
	edit(11, "1. Open", "1. Open softly")
	edit(12, "1. Open", "1. Open softly")
	edit(13, "1. Open", "1. Open softly")
	ask(t, http.MethodPatch, source+"12", map[string]any{"title": "Another title"})
	ask(t, http.MethodPatch, source+"13", map[string]any{"body": "Another text"})
	ask(t, http.MethodPatch, source+"14", map[string]any{"body": "Another text"})
	ask(t, http.MethodPatch, source+"15", map[string]any{"state": "closed"})
	ask(t, http.MethodDelete, source+"16", nil)
	ask(t, http.MethodPost, strings.TrimSuffix(source, "/"), map[string]any{"title": "Made later"})

	o.again(t, i, "--background")
	await(t, "the import is over", func() bool {
		_, err := os.Stat(o.file("result.json"))
		return err == nil // written after the last line
	})
	o.tells(t, `"written": 1,`, `"refreshed": 4,`, `"conflicts": 1`, `"gone": 1`, fmt.Sprintf(`"read": %d,`, realIssues))
	for number, want := range map[int][]string{
		11: {"1. Open softly"},
		12: {"1. Open softly", "Another title"},
		13: {"1. Open softly", "## Import Conflicts", "> Another text"},
		14: {"## Description\n\nAnother text"},
		15: {"**Status**: Completed"},
		16: {"As a person I want 16 of these."}, // gone, and left
	} {
		data, err := os.ReadFile(o.story(t, number))
		check(t, err)
		for _, text := range want {
			if !strings.Contains(string(data), text) {
				t.Errorf("issue %d: %q is not in\n%s", number, text, data)
			}
		}
	}
	before := o.versions(t)
	o.again(t, i, "--foreground")
	for path, now := range o.versions(t) {
		if now != before[path] {
			t.Errorf("%s was written again", path)
		}
	}
}

// story is the file of an issue's story: the newest was imported first.
func (o *ordeal) story(t *testing.T, number int) string {
	t.Helper()
	pattern := fmt.Sprintf("us-%03de-*.md", realIssues+1-number)
	found, err := filepath.Glob(filepath.Join(o.dir, ".specweave/docs/internal/specs/issues/FS-001E", pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

// ask asks Gitea for something, as its administrator, and returns the answer.
func ask(t *testing.T, method, url string, body any) []byte {
	t.Helper()
	data, err := json.Marshal(body)
	check(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(data))
	check(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth("boss", "boss-password")
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	check(t, err)
	if response.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s\n%s", method, url, response.Status, answer)
	}
	return answer
}
