package syncer

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// mute takes no comments, and readOnly nothing: it says that what is there to be
// read is not there to be changed.
type (
	mute     struct{ *tracker }
	readOnly struct{ *tracker }
)

func (m mute) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	if w.Comment == nil {
		return m.tracker.Write(ctx, w)
	}
	if m.asked++; m.asked > 100 {
		return workers.Item{}, &rest.StatusError{Status: http.StatusUnauthorized, Method: "POST"} // it would never end
	}
	return workers.Item{}, &rest.StatusError{Status: http.StatusUnprocessableEntity, Method: "POST", Message: "locked"}
}

func (readOnly) Write(context.Context, workers.Write) (workers.Item, error) {
	return workers.Item{}, &rest.StatusError{Status: http.StatusNotFound, Method: "PATCH"}
}

func TestRefusedComments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.Comment("First.")
	f.Comment("Second.")
	r.save(f)
	r.writer = mute{r.t}
	r.sync()
	asked := r.t.asked
	r.sync()
	if r.t.asked != asked+1 { // a page
		t.Errorf("%d requests", r.t.asked-asked)
	}
}

// A credential that may only read makes no item gone, and another may write.
func TestReadOnlyCredential(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Permissions.Delete = true
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.SetTitle("Ours")
	f.Comment("First.")
	r.save(f)
	r.writer = readOnly{r.t}
	refused := "refused  1: PATCH : 404 Not Found\n"
	r.said(refused)
	r.said(refused)
	r.writer = nil
	r.said("updated there 1: title\nupdated there 1: comment added\n")
}

// A story is put away only if its item was there, and nothing is put over
// another.
func TestNotArchived(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Permissions.Delete = true
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	text := f.Text
	f.Text = strings.Replace(text, "acme/web#1\n", "acme/web#9\n", 1)
	f.SetTitle("Ours")
	r.save(f)
	got := r.sync()
	if !strings.Contains(got, "gone there 9: there is no such item; the story is left") {
		t.Error(got)
	}
	f = r.story("9")
	f.Text = text
	r.save(f)
	other := strings.Replace(f.Path, "FS-", "_archive/FS-", 1)
	check(t, os.MkdirAll(filepath.Dir(other), 0o700))
	check(t, os.WriteFile(other, []byte("# US-009: Another\n"), 0o600))
	r.t.items[0].gone = true
	f.SetTitle("Ours")
	r.save(f)
	r.said("gone there 1: the item is gone; the story is left: the archive has another of its name\n")
}

// A rule that settles what a story shows says so: what a person wrote may go.
func TestSettledByRule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.SetTitle("Ours")
	r.save(f)
	r.t.touch(r.t.find("1"))
	r.t.find("1").Title = "Theirs"
	r.sync()
	r.config.Rule = stories.Remote
	if got := r.sync(); !strings.Contains(got, "conflict  1: changed here and at the source: Title; the source's counts\n") || r.story("1").Title() != "Theirs" {
		t.Error(got)
	}
	r.said("")
}
