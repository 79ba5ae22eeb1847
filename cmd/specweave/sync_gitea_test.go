package main

import (
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
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// syncing is a project that is kept in step with a repository of a real Gitea.
type syncing struct {
	*ordeal
	api    string // of the repository
	name   string // acme/NAME
	writes atomic.Int64
	pass   atomic.Int64 // so many requests are answered, and no more; negative: all
}

// TestSyncServer edits issues of a real Gitea and their stories, and syncs them
// with workers that are killed.
func TestSyncServer(t *testing.T) {
	if os.Getenv("GITEA_URL") == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	s := newSyncing(t, 12)
	s.says(t, s.sync(t, 0, "web --direction export"), "sync-external - 0 items") // which makes no stories
	s.says(t, s.sync(t, 0, "web"), "12 stories made")
	s.edits(t)
	s.says(t, s.sync(t, 0, "web --dry-run"), "update item", "update story", "create item", "create story")
	s.killed(t)
	s.converged(t)
	s.idle(t)
	s.settles(t)
	s.overlaps(t)
}

// newSyncing makes a repository with issues, and a project that knows it.
func newSyncing(t *testing.T, issues int) *syncing {
	t.Helper()
	server := os.Getenv("GITEA_URL")
	repo := fmt.Sprintf("sync%d", time.Now().UnixNano())
	s := &syncing{name: "acme/" + repo, api: server + "/api/v1/repos/acme/" + repo}
	s.pass.Store(-1)
	ask(t, http.MethodPost, server+"/api/v1/orgs/acme/repos", map[string]any{"name": repo})
	t.Cleanup(func() { forget(t, s.api) })
	for i := range issues {
		s.ask(t, http.MethodPost, "/issues", map[string]any{"title": fmt.Sprintf("Issue %d", i+1), "body": fmt.Sprintf("Text of %d.\n\n- [ ] works", i+1)})
	}
	var token struct {
		SHA1 string `json:"sha1"`
	}
	check(t, json.Unmarshal(ask(t, http.MethodPost, server+"/api/v1/users/boss/tokens", map[string]any{"name": repo, "scopes": []string{"write:issue", "read:repository"}}), &token))
	proxy := s.proxy(t, server)
	site := here(t, 0).exporting("SPECWEAVE_NO_SERVICE=1 SPECWEAVE_SCHEDULER=detached GITEA_TOKEN= GITEA_URL=" + proxy)
	s.ordeal = &ordeal{site: site, dir: filepath.Join(site.home, "p")}
	check(t, os.MkdirAll(filepath.Join(s.dir, ".specweave"), 0o700))
	check(t, os.WriteFile(filepath.Join(s.dir, ".env"), []byte("GITEA_TOKEN="+token.SHA1), 0o600)) // which a worker that goes on finds
	config := fmt.Sprintf(`{"sync": {"preset": "bidirectional", "profiles": {"web": {"provider": "gitea", "config": {"repo": %q}, "timeRange": {"default": "ALL"}}}}}`, s.name)
	check(t, os.WriteFile(filepath.Join(s.dir, ".specweave", "config.json"), []byte(config), 0o600))
	return s
}

// proxy stands in front of a server: it counts what changes something, takes its
// time, and holds requests back.
func (s *syncing) proxy(t *testing.T, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	check(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, ErrorLog: log.New(io.Discard, "", 0)}
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			s.writes.Add(1)
		}
		wait := time.NewTicker(20 * time.Millisecond)
		defer wait.Stop()
		held := s.pass.Load() >= 0 && s.pass.Add(-1) < 0
		if held {
			s.pass.Store(0)
		}
		for again := true; again; again = held && s.pass.Load() >= 0 {
			select {
			case <-wait.C:
			case <-r.Context().Done():
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p.URL
}

// sync syncs, expects an exit code, and returns what was said.
func (s *syncing) sync(t *testing.T, code int, flags string) string {
	t.Helper()
	out := s.user(t, fmt.Sprintf("set +e\nspecweave sync -C %s %s 2>&1\necho rc=$?", s.dir, flags))
	if !strings.HasSuffix(out, fmt.Sprintf("rc=%d", code)) {
		t.Fatalf("sync %s: %s", flags, out)
	}
	return out
}

func (s *syncing) says(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%q is not in\n%s", text, out)
		}
	}
}

func (s *syncing) ask(t *testing.T, method, path string, body any) []byte {
	t.Helper()
	return ask(t, method, s.api+path, body)
}

// forget deletes a repository.
func forget(t *testing.T, api string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodDelete, api, nil)
	check(t, err)
	r.SetBasicAuth("boss", "boss-password")
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
	}
}

// story is the file of an issue.
func (s *syncing) story(t *testing.T, number int) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, ".specweave/docs/internal/specs/*/FS-*/us-*.md"))
	check(t, err)
	for _, path := range found {
		data, err := os.ReadFile(path)
		check(t, err)
		if strings.Contains(string(data), fmt.Sprintf("**External ID**: gitea#%s#%d\n", s.name, number)) {
			return path
		}
	}
	t.Fatalf("issue %d has no story in %v", number, found)
	return ""
}

// edit replaces text in the story of an issue.
func (s *syncing) edit(t *testing.T, number int, old, now string) {
	t.Helper()
	path := s.story(t, number)
	data, err := os.ReadFile(path)
	check(t, err)
	if !strings.Contains(string(data), old) {
		t.Fatalf("%q is not in\n%s", old, data)
	}
	check(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, now, 1)), 0o600))
}

func (s *syncing) patch(t *testing.T, number int, body map[string]any) {
	t.Helper()
	s.ask(t, http.MethodPatch, fmt.Sprintf("/issues/%d", number), body)
}

// edits edits both sides.
func (s *syncing) edits(t *testing.T) {
	t.Helper()
	s.edit(t, 1, ": Issue 1\n", ": My title\n")
	s.edit(t, 2, "Text of 2.", "My text of 2.")
	s.edit(t, 3, "**Status**: Open", "**Status**: Completed")
	s.edit(t, 4, "## Tasks", "## Comments\n\n### New comment\n\nMy comment.\n\n## Tasks")
	s.patch(t, 5, map[string]any{"title": "Their title"})
	s.patch(t, 6, map[string]any{"state": "closed"})
	s.edit(t, 7, "Text of 7.", "My text of 7.")
	s.patch(t, 7, map[string]any{"body": "Their text of 7."})
	s.edit(t, 8, ": Issue 8\n", ": My title of 8\n")
	s.patch(t, 8, map[string]any{"body": "Their text of 8."})
	s.ask(t, http.MethodPost, "/issues/9/comments", map[string]any{"body": "Their comment."})
	s.edit(t, 10, "Text of 10.", "My text of 10.")
	s.ask(t, http.MethodDelete, "/issues/10", nil)
	s.ask(t, http.MethodPost, "/issues", map[string]any{"title": "Their new one", "body": "Made there."})
	check(t, os.WriteFile(filepath.Join(filepath.Dir(s.story(t, 1)), "us-900-mine.md"),
		[]byte("# US-900: My new one\n\n**Status**: Open\n**Priority**: P1\n\n## Description\n\nMade here.\n"), 0o600))
}

// killed syncs with workers that are killed at random moments. One that dies
// while it makes an item has the tracker asked again two minutes later, for which
// the test waits twice.
func (s *syncing) killed(t *testing.T) {
	t.Helper()
	random := chance(t)
	s.id = s.user(t, fmt.Sprintf("specweave sync -C %s web --background", s.dir))
	kills, waits := 0, 0
	var was jobs.Status
	for end := time.Now().Add(10 * time.Minute); !s.over(t); {
		if time.Now().After(end) {
			t.Fatalf("it does not end: %s", s.journal(t))
		}
		moment(random, 300*time.Millisecond)
		st := s.state(t)
		if st.Status == jobs.Running && st.Fruitless < 2 && kills < 8 && waits < 2 {
			if worker, err := os.FindProcess(st.Proc.PID); err == nil && worker.Kill() == nil {
				kills++
			}
		}
		if st.Status == jobs.Paused && was != jobs.Paused {
			waits++
		}
		was = st.Status
		s.user(t, fmt.Sprintf("specweave jobs reconcile -C %s", s.dir))
	}
	t.Logf("%d kills, waited %d times", kills, waits)
	if st := s.state(t); st.Status != jobs.CompletedWithWarnings || st.Error != "1 in conflict" {
		t.Errorf("%s: %s %v", st.Status, st.Error, st.Failures())
	}
}

// converged compares both sides.
func (s *syncing) converged(t *testing.T) {
	t.Helper()
	var issues []struct {
		Number   int    `json:"number"`
		Title    string `json:"title"`
		Body     string `json:"body"`
		State    string `json:"state"`
		Comments int    `json:"comments"`
	}
	check(t, json.Unmarshal(s.ask(t, http.MethodGet, "/issues?type=issues&state=all&limit=50", nil), &issues))
	if len(issues) != 13 {
		t.Errorf("%d issues: %+v", len(issues), issues)
	}
	for _, i := range issues {
		want := map[int]string{1: "My title", 5: "Their title", 8: "My title of 8", 13: "Their new one", 14: "My new one"}[i.Number]
		if want == "" {
			want = fmt.Sprintf("Issue %d", i.Number)
		}
		text := map[int]string{2: "My text of 2.", 7: "Their text of 7.", 8: "Their text of 8.", 13: "Made there.", 14: "Made here."}[i.Number]
		if text == "" {
			text = fmt.Sprintf("Text of %d.", i.Number)
		}
		state := map[int]string{3: "closed", 6: "closed"}[i.Number]
		if state == "" {
			state = "open"
		}
		comments := map[int]int{4: 1, 9: 1}[i.Number]
		if i.Title != want || !strings.Contains(i.Body, text) || i.State != state || i.Comments != comments {
			t.Errorf("%+v, want %q, %q, %s, %d comments", i, want, text, state, comments)
		}
		story, err := os.ReadFile(s.story(t, i.Number))
		check(t, err)
		texts := []string{": " + want + "\n", map[bool]string{true: "**Status**: Completed", false: "**Status**: Open"}[state == "closed"]}
		switch i.Number {
		case 4:
			texts = append(texts, "My comment.")
		case 7:
			texts = append(texts, "My text of 7.", "## Import Conflicts", "> Their text of 7.")
		case 9:
			texts = append(texts, "Their comment.")
		default:
			texts = append(texts, text)
		}
		s.says(t, string(story), texts...)
	}
	if text := string(s.ask(t, http.MethodGet, "/issues/4/comments", nil)); strings.Count(text, "My comment.") != 1 {
		t.Errorf("%s", text)
	}
	report := s.user(t, fmt.Sprintf("specweave jobs report %s -C %s", s.id, s.dir))
	s.says(t, report, "| conflict | 1 |", "| gone | 1 |", "| refused | 0 |", "[gitea#"+s.name+"#8](<http")
}

// idle syncs once more: nothing is written on either side.
func (s *syncing) idle(t *testing.T) {
	t.Helper()
	s.sync(t, exitWarnings, "web") // takes over when its own changes were made
	before, writes := s.versions(t), s.writes.Load()
	s.says(t, s.sync(t, exitWarnings, "web"), "1 conflict")
	if n := s.writes.Load() - writes; n != 0 {
		t.Errorf("%d requests that change something", n)
	}
	for path, now := range s.versions(t) {
		if now != before[path] {
			t.Errorf("%s was written again", path)
		}
	}
}

// conflicts is the section that a person removes.
var conflicts = regexp.MustCompile(`(?s)## Import Conflicts\n.*?\n---\n`)

// settles removes the section about a conflict: what the story says counts.
func (s *syncing) settles(t *testing.T) {
	t.Helper()
	path := s.story(t, 7)
	data, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, conflicts.ReplaceAll(data, []byte("---\n")), 0o600))
	s.says(t, s.sync(t, 0, "web"), "1 item changed")
	if text := string(s.ask(t, http.MethodGet, "/issues/7", nil)); !strings.Contains(text, "My text of 7.") {
		t.Errorf("%s", text)
	}
	for rule, want := range map[string]string{"local": "Mine by rule.", "remote": "Theirs by rule."} {
		s.edit(t, 12, "ext of 12", "ext of 12 ") // so that there is something to replace
		s.sync(t, 0, "web")
		s.patch(t, 12, map[string]any{"body": "Theirs by rule."})
		data, err := os.ReadFile(s.story(t, 12))
		check(t, err)
		at := strings.Index(string(data), "## Description\n\n") + len("## Description\n\n")
		end := at + strings.Index(string(data)[at:], "\n")
		check(t, os.WriteFile(s.story(t, 12), []byte(string(data)[:at]+"Mine by rule."+string(data)[end:]), 0o600))
		s.sync(t, 0, "web --conflict "+rule)
		story, err := os.ReadFile(s.story(t, 12))
		check(t, err)
		s.says(t, string(story), want)
		s.says(t, string(s.ask(t, http.MethodGet, "/issues/12", nil)), want)
		s.patch(t, 12, map[string]any{"body": "Text of 12."})
		s.sync(t, 0, "web")
	}
}

// overlaps starts a second sync of the same profile.
func (s *syncing) overlaps(t *testing.T) {
	t.Helper()
	s.pass.Store(1) // of the launch
	s.id = strings.TrimSpace(s.user(t, fmt.Sprintf("specweave sync -C %s web --background --scheduled --since last", s.dir)))
	await(t, "it syncs", func() bool {
		_, err := os.Stat(filepath.Join(s.dir, ".specweave/state/sync/web/holder.json"))
		return err == nil
	})
	s.says(t, s.sync(t, exitBusy, "web"), "profile web is being synced by job "+s.id, "specweave jobs follow "+s.id)
	s.says(t, s.sync(t, exitOK, "web --background --scheduled"), "skipped: profile web is being synced by job "+s.id)
	s.pass.Store(-1)
	await(t, "it is over", func() bool { return s.over(t) })
}
