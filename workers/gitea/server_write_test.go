package gitea_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/rest"
)

// desk is a repository of a real Gitea and who writes its issues.
type desk struct {
	*testing.T
	source string
	client *rest.Client
	writer *gitea.Provider
}

func newDesk(t *testing.T) desk {
	t.Helper()
	if os.Getenv("RIG_REPOSITORIES") == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	repo := fmt.Sprintf("writes%d", time.Now().UnixNano())
	do(t, http.MethodPost, "user/repos", map[string]any{"name": repo})
	t.Cleanup(func() { do(t, http.MethodDelete, "repos/boss/"+repo, nil) })
	base, err := url.Parse(os.Getenv("GITEA_URL") + "/api/v1/")
	if err != nil {
		t.Fatal(err)
	}
	client := rest.New(rest.Options{Base: base, Authorize: gitea.Authorize(boss)})
	return desk{t, "boss/" + repo, client, gitea.NewProvider(client)}
}

func (d desk) write(w workers.Write) workers.Item {
	d.Helper()
	w.Source = d.source
	calls := d.client.Calls()
	item, err := d.writer.Write(d.Context(), w)
	if err != nil {
		d.Fatalf("%+v: %v", w, err)
	}
	d.Logf("%d requests", d.client.Calls()-calls)
	read, err := d.writer.Item(d.Context(), workers.ItemQuery{Source: d.source}, item.Number)
	if diff := cmp.Diff(read, item, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(workers.Item{}, "Comments")); err != nil || diff != "" {
		d.Errorf("%v, as it was read and as it was returned (-want +got):\n%s", err, diff)
	}
	return item
}

// changed reads what changed since a moment.
func (d desk) changed(since time.Time) []workers.Item {
	d.Helper()
	var items []workers.Item
	q := workers.ItemQuery{Source: d.source, Since: since, Closed: true, Comments: true}
	for cursor, more := "", true; more; more = cursor != "" {
		page, err := d.writer.Page(d.Context(), q, cursor)
		if err != nil {
			d.Fatal(err)
		}
		items, cursor = append(items, page.Items...), page.Next
	}
	return items
}

func (d desk) refused(w workers.Write) *workers.RefusedError {
	d.Helper()
	w.Source = d.source
	_, err := d.writer.Write(d.Context(), w)
	refused, ok := errors.AsType[*workers.RefusedError](err)
	if !ok || rest.InDoubt(err) {
		d.Fatalf("%+v: %v", w, err)
	}
	return refused
}

// TestServerWrites makes, changes, closes and reopens an issue of a real Gitea.
func TestServerWrites(t *testing.T) {
	d := newDesk(t)
	since := time.Now().Add(-time.Second)
	const text = "A *text*\r\n\n- [ ] <b>it</b> works \U0001f600\n\n```\n<!-- never closed"
	made := d.write(workers.Write{Mark: "m1", Fields: workers.Fields{
		Title: new("Log in: the \"form\" <b>forgets</b> #1"), Body: &workers.Text{Raw: text},
		Status: new(workers.StatusInProgress), Priority: new("P1"), Labels: &[]string{"новый", "a,b"}, Assignees: &[]string{"boss"},
	}})
	slices.Sort(made.Labels)
	if made.Mark != "m1" || made.Body.Raw != text || made.Status != workers.StatusInProgress || made.Priority != "P1" ||
		!slices.Equal(made.Labels, []string{"a,b", "in-progress", "p1", "новый"}) || !slices.Equal(made.Assignees, []string{"boss"}) {
		t.Errorf("made %+v", made)
	}
	page, err := d.writer.Page(t.Context(), workers.ItemQuery{Source: d.source, Since: since, Closed: true}, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].Mark != "m1" || page.Items[0].Version != made.Version {
		t.Errorf("found %+v, %v", page.Items, err)
	}

	change := func(version string, f workers.Fields) workers.Item {
		t.Helper()
		return d.write(workers.Write{Number: made.Number, Mark: "m2", Version: version, Fields: f})
	}
	now := change(made.Version, workers.Fields{Status: new(workers.StatusCompleted)})
	if now.Status != workers.StatusCompleted || now.State != "closed" || slices.Contains(now.Labels, "in-progress") || now.Closed.IsZero() {
		t.Errorf("closed %+v", now)
	}
	now = change(now.Version, workers.Fields{Status: new(workers.StatusOpen)})
	if now.Status != workers.StatusOpen || now.State != "open" {
		t.Errorf("reopened %+v", now)
	}
	now = change(now.Version, workers.Fields{
		Title: new("Another"), Body: &workers.Text{Raw: "Another text"}, Labels: &[]string{"bug"}, Priority: new("P0"), Assignees: &[]string{},
	})
	if now.Title != "Another" || now.Body.Raw != "Another text" || now.Mark != "m1" || now.Priority != "P0" || len(now.Labels) != 2 || len(now.Assignees) != 0 {
		t.Errorf("changed %+v", now)
	}
	now = change(now.Version, workers.Fields{Labels: &[]string{}, Body: &workers.Text{}})
	if len(now.Labels) != 0 || now.Body.Raw != "" || now.Mark != "m1" {
		t.Errorf("emptied %+v", now)
	}
	calls := d.client.Calls()
	if same := change(now.Version, workers.Fields{Title: new("Another"), Labels: &[]string{}}); same.Version != now.Version || d.client.Calls() != calls+2 {
		t.Errorf("%d requests for nothing", d.client.Calls()-calls)
	}
}

// TestServerComments writes comments of a real Gitea.
func TestServerComments(t *testing.T) {
	d := newDesk(t)
	item := d.write(workers.Write{Mark: "m1", Fields: workers.Fields{Title: new("One")}})
	item = d.write(workers.Write{Number: item.Number, Mark: "m2", Version: item.Version, Comment: &workers.CommentWrite{Body: workers.Text{Raw: "A comment"}}})
	if len(item.Comments) != 1 || item.Comments[0].Mark != "m2" || item.Comments[0].Body.Raw != "A comment" || item.Comments[0].Author != "boss" {
		t.Fatalf("%+v", item.Comments)
	}
	id := item.Comments[0].ID
	item = d.write(workers.Write{Number: item.Number, Mark: "m3", Version: item.Version, Comment: &workers.CommentWrite{ID: id, Body: workers.Text{Raw: "Another"}}})
	read, err := d.writer.Item(t.Context(), workers.ItemQuery{Source: d.source, Comments: true}, item.Number)
	if diff := cmp.Diff(item, read); err != nil || diff != "" || item.Comments[0].ID != id || item.Comments[0].Mark != "m3" {
		t.Errorf("%v (-returned +read):\n%s", err, diff)
	}
	// A second later it is among what changed, although the issue says nothing of it.
	for n := 0; n < 1000 && !item.Comments[0].Updated.After(item.Updated); n++ {
		text := workers.Text{Raw: fmt.Sprintf("Another %d", n)}
		item = d.write(workers.Write{Number: item.Number, Mark: "m3", Comment: &workers.CommentWrite{ID: id, Body: text}})
	}
	if changed := d.changed(item.Comments[0].Updated); len(changed) != 1 || !cmp.Equal(changed[0], item) {
		t.Errorf("changed %+v, want %+v", changed, item)
	}
	_, err = d.writer.Write(t.Context(), workers.Write{
		Source: d.source, Number: item.Number, Mark: "m4", Comment: &workers.CommentWrite{ID: "4711", Body: workers.Text{Raw: "x"}},
	})
	if workers.ClassOf(err) != workers.ClassNotFound {
		t.Error(err)
	}
}

// TestServerBetween changes an issue of a real Gitea behind the writer's back.
func TestServerBetween(t *testing.T) {
	d := newDesk(t)
	item := d.write(workers.Write{Mark: "m1", Fields: workers.Fields{Title: new("One"), Body: &workers.Text{Raw: "Text"}}})
	ref := "repos/" + d.source + "/issues/" + item.Number
	for _, theirs := range []map[string]any{{"title": "Theirs"}, {"body": "Theirs"}, {"state": "closed"}, {"state": "open", "assignees": []string{"boss"}}} {
		do(t, http.MethodPatch, ref, theirs)
		_, err := d.writer.Write(t.Context(), workers.Write{
			Source: d.source, Number: item.Number, Mark: "m2", Version: item.Version, Fields: workers.Fields{Title: new("Ours")},
		})
		if !errors.Is(err, workers.ErrChanged) || rest.InDoubt(err) {
			t.Errorf("%v: %v", theirs, err)
		}
		now, err := d.writer.Item(t.Context(), workers.ItemQuery{Source: d.source}, item.Number)
		if err != nil || now.Title == "Ours" || now.Version == item.Version {
			t.Errorf("%+v, %v", now, err)
		}
		item = now
	}
}

// interloper changes a text a moment before somebody else does.
type interloper struct {
	http.RoundTripper
	before func()
}

func (i interloper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch {
		i.before()
	}
	return i.RoundTripper.RoundTrip(r)
}

// TestServerContentVersion changes the text of an issue of a real Gitea between the
// writer's look at it and its change.
func TestServerContentVersion(t *testing.T) {
	d := newDesk(t)
	item := d.write(workers.Write{Fields: workers.Fields{Title: new("One"), Body: &workers.Text{Raw: "Text"}}})
	theirs := func() {
		do(t, http.MethodPatch, "repos/"+d.source+"/issues/"+item.Number, map[string]any{"body": fmt.Sprintf("Theirs at %v", time.Now())})
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	writer := gitea.NewProvider(rest.New(rest.Options{
		Base: d.client.Base(), Authorize: gitea.Authorize(boss), Transport: interloper{transport.Clone(), theirs},
	}))
	for _, f := range []workers.Fields{{Body: &workers.Text{Raw: "Ours"}}, {Title: new("Ours")}} {
		_, err := writer.Write(t.Context(), workers.Write{Source: d.source, Number: item.Number, Fields: f})
		if !errors.Is(err, workers.ErrChanged) || rest.InDoubt(err) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if now, err := d.writer.Item(t.Context(), workers.ItemQuery{Source: d.source}, item.Number); err != nil || now.Title != "One" || !strings.HasPrefix(now.Body.Raw, "Theirs") {
		t.Errorf("%+v, %v", now, err)
	}
}

// TestServerRefusals asks a real Gitea for what it does not do.
func TestServerRefusals(t *testing.T) {
	d := newDesk(t)
	if r := d.refused(workers.Write{Fields: workers.Fields{Title: new("")}}); r.Field != "title" || !strings.Contains(r.Reason, "Required") {
		t.Errorf("%+v", r)
	}
	item := d.write(workers.Write{Fields: workers.Fields{Title: new("One")}})
	open := d.write(workers.Write{Fields: workers.Fields{Title: new("Two")}})
	if r := d.refused(workers.Write{Number: item.Number, Fields: workers.Fields{Title: new("x"), Assignees: &[]string{"nobody"}}}); r.Field != "assignees" ||
		!slices.Contains(r.Allowed, "boss") {
		t.Errorf("%+v", r)
	}
	owner, name, _ := strings.Cut(d.source, "/")
	do(t, http.MethodPost, "repos/"+d.source+"/issues/"+item.Number+"/dependencies", map[string]any{"owner": owner, "repo": name, "index": 2})
	if r := d.refused(workers.Write{Number: item.Number, Fields: workers.Fields{Status: new(workers.StatusCompleted)}}); r.Field != "status" ||
		!strings.Contains(r.Reason, "dependencies") {
		t.Errorf("%+v", r)
	}

	// One who may read and not write.
	base := d.client.Base()
	narrow := gitea.NewProvider(rest.New(rest.Options{Base: base, Authorize: gitea.Authorize(workers.Login{Password: os.Getenv("RIG_NARROW_TOKEN")})}))
	for _, w := range []workers.Write{
		{Number: open.Number, Fields: workers.Fields{Title: new("x")}},
		{Number: open.Number, Fields: workers.Fields{Labels: &[]string{"x"}}},
		{Number: open.Number, Comment: &workers.CommentWrite{Body: workers.Text{Raw: "x"}}},
		{Fields: workers.Fields{Title: new("x")}},
	} {
		w.Source = d.source
		_, err := narrow.Write(t.Context(), w)
		status, ok := errors.AsType[*rest.StatusError](err)
		if !ok || workers.ClassOf(err) != workers.ClassAuth || status.Need != "write:issue" || rest.InDoubt(err) {
			t.Errorf("%+v: %v", w, err)
		}
	}
}
