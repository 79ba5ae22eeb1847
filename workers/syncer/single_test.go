package syncer

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

// A refusal of the second half of a write is no refusal of the first: the item is
// there, and is not made again.
func TestHalfRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.t.shut = true
	r.write("us-001-ours.md", "# US-001: Ours\n\n**Status**: Completed\n\n## Description\n\nText of ours.\n")
	got := r.sync()
	if len(r.t.items) != 1 || !strings.Contains(got, "created there 1: \n") || !strings.Contains(got, "refused  1: status \"Completed\": no transition leads there\n") {
		t.Errorf("%d items: %s", len(r.t.items), got)
	}
	f := r.story("1")
	f.SetTitle("Better")
	f.SetStatus("In Progress")
	r.save(f)
	got = r.sync()
	if i := r.t.find("1"); i.Title != "Better" || !strings.Contains(got, "updated there 1: title\n") {
		t.Errorf("%+v: %s", i.Item, got)
	}
	if r.story("1").Status() != "In Progress" {
		t.Error("the status of the story was lost")
	}
	wrote := r.t.wrote
	r.sync()
	if len(r.t.items) != 1 || r.t.wrote != wrote {
		t.Errorf("%d items, written %d times more", len(r.t.items), r.t.wrote-wrote)
	}
}

// An item that was made without its status, and nobody heard of it, gets the status
// of its story, and not the other way round.
func TestCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.t.cut = true
	r.write("us-001-ours.md", "# US-001: Ours\n\n**Status**: Completed\n\n## Description\n\nText of ours.\n")
	r.sync()
	if i := r.t.find("1"); i.Status != workers.StatusCompleted || r.story("1").Status() != "Completed" || len(r.t.items) != 1 {
		t.Errorf("%+v, %s, %d items", i.Item, r.story("1").Status(), len(r.t.items))
	}
	r.said("")
}

// What somebody adds to an item whose making nobody heard of, and a person adds to
// its story meanwhile, is a conflict.
func TestAddedBothWays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.t.able.Criteria, r.t.faults.lostAfter, r.t.faults.meanwhile = true, 1000, 1000
	const text = "# US-001: Ours\n\n**Status**: Open\n\n## Description\n\nText of ours.\n"
	r.write("us-001-ours.md", text)
	r.t.edit = func() {
		i := r.t.find("1")
		if i == nil {
			return
		}
		r.t.edit = nil
		r.t.touch(i)
		i.Criteria = workers.Text{Raw: stories.CriteriaText([]string{"theirs"}), Markup: workers.Markdown}
		r.write("us-001-ours.md", text+"\n## Acceptance Criteria\n\n- [ ] **AC-US-001-01**: ours\n")
	}
	r.sync()
	if f := r.story("1"); !slices.Equal(f.Criteria(), []string{"ours"}) || !strings.Contains(f.Section("Import Conflicts"), "theirs") {
		t.Errorf("%s", f.Text)
	}
	if i := r.t.find("1"); !strings.Contains(i.Criteria.Raw, "theirs") {
		t.Errorf("%+v", i.Item)
	}
}

// A title or a status that a person takes away is not written, and not passed over
// in silence.
func TestEmptied(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	whole := f.Text
	for text, want := range map[string]string{
		strings.Replace(whole, ": One\n", ":\n", 1):                   "skipped  1: the title is empty\n",
		strings.Replace(whole, "# US-001E: One\n", "\n", 1):           "skipped  1: the title is empty\n",
		strings.Replace(whole, "**Status**: Open", "**Status**: ", 1): "skipped  1: status \"\": not Open, In Progress or Completed\n",
	} {
		f.Text = text
		r.save(f)
		r.said(want)
	}
	if i := r.t.find("1"); i.Title != "One" || r.t.wrote != 0 {
		t.Errorf("%+v", i.Item)
	}
}

// An item that was moved to another source keeps no other from being synced.
func TestMoved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.item("Two", "Text.")
	r.sync()
	for _, number := range []string{"1", "2"} {
		f := r.story(number)
		f.SetTitle("Ours")
		r.save(f)
	}
	r.t.moved = "1"
	r.said("updated there 2: title\nskipped  1: acme/web#1: moved to \"elsewhere\"\n")
	check(t, os.Remove(r.story("1").Path))
	r.config.Permissions.Delete = true
	r.said("gone here 1: a person removed the story\nskipped  1: acme/web#1: moved to \"elsewhere\"\n")
}

// What a person wrote in the story of one server's item does not go to the item of
// the same id that another server has.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("Theirs", "Text.")
	r.sync()
	f := r.story("1")
	f.SetTitle("Ours")
	r.save(f)
	first := r.t.items
	r.t.items = nil
	r.now = r.now.Add(time.Hour)
	r.item("Of another server", "Text.").URL = "https://two.test/acme/web/issues/1"
	r.config.Sources[0].Server, r.config.Sources[0].API = "https://two.test", "https://two.test/api/v1/"
	wrote := r.t.wrote
	said := 0
	if err := Preview(t.Context(), r.options(), r.project, r.config, func(Line) error { said++; return nil }); err == nil || said > 0 {
		t.Errorf("a preview of %d lines: %v", said, err)
	}
	r.create()
	s := r.attempt()
	if len(s.Failures()) != 1 || !strings.Contains(s.Failures()[0].Error, "on gitea.test, and those of two.test") || r.t.wrote != wrote ||
		r.t.find("1").Title != "Of another server" || r.story("1").Title() != "Ours" {
		t.Errorf("%+v %+v: written %d times", s, s.Failures(), r.t.wrote-wrote)
	}
	r.t.items = first
	r.config.Sources = profile().Sources
	if got := r.sync(); !strings.Contains(got, "updated there 1: title") || r.t.find("1").Title != "Ours" {
		t.Error(got)
	}
}

// Where nothing has changed nothing is read; what could not be taken comes again.
func TestSame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	for range 3 { // until what is known does not move any more
		r.sync()
	}
	if r.sync(); r.t.same == 0 {
		t.Error("it was never the same")
	}
	i := r.t.find("1")
	i.Title, i.Version, i.Updated = "Changed", "v9", r.now
	if got := r.sync(); !strings.Contains(got, "updated here 1") {
		t.Error(got)
	}
	r.sync()
	r.sync()
	name := r.story("1").Path
	check(t, os.Chmod(name, 0o400))
	i.Title, i.Version, i.Updated = "Changed again", "v10", r.now
	for range 3 {
		if got := r.sync(); !strings.Contains(got, "skipped  1: the story cannot be read or written") {
			t.Error(got)
		}
	}
	check(t, os.Chmod(name, 0o600))
	if r.sync(); r.story("1").Title() != "Changed again" {
		t.Error("it did not come again")
	}
}
