package syncer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

const oursText = "# US-001: Ours\n\n**Status**: Open\n\n## Description\n\nText of ours.\n"

// unheard is a rig whose tracker was sent a new item, and has not made it yet:
// made has it do so.
func unheard(t *testing.T) (r *rig, made func()) {
	t.Helper()
	r = newRig(t)
	r.write("us-001-ours.md", oursText)
	late := slow{r.t, new(workers.Write)}
	r.writer = late
	r.create()
	if s := r.attempt(); s.Status != jobs.Paused {
		t.Fatalf("%+v", s)
	}
	r.writer = nil
	return r, func() {
		_, err := r.t.carryOut(*late.write)
		check(t, err)
		r.now = r.now.Add(settled)
	}
}

// goOn runs the job again, to its end, after which there is nothing to do.
func (r *rig) goOn() {
	r.Helper()
	if s := r.attempt(); s.Status != jobs.Completed {
		r.Errorf("%+v", s)
	}
	r.said("")
}

// only says that there is one story, of one item.
func (r *rig) only(path string) {
	r.Helper()
	files, err := storytest.Files(r.project)
	check(r.TB, err)
	if len(files) != 1 || len(r.t.items) != 1 || files[0].ID() == "" || !strings.HasSuffix(filepath.ToSlash(files[0].Path), path) {
		r.Errorf("%d items, stories %v", len(r.t.items), files)
	}
}

// importAll imports all items.
func (r *rig) importAll(comments bool) {
	r.Helper()
	job, err := jobs.Open(r.project).Create(jobs.ImportIssues, importer.Config{Provider: testPlatform, Sources: r.config.Sources, Comments: comments})
	check(r.TB, err)
	s, err := jobs.Attempt{
		Store: jobs.Open(r.project), Log: jobs.NewLog(testLog{r.TB}),
		Workers: map[jobs.Type]jobs.Worker{jobs.ImportIssues: importer.New(importer.Options{
			Connect: func(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
				return importer.Tracker{Provider: r.t}, nil
			},
		})},
	}.Run(r.Context(), job.ID)
	check(r.TB, err)
	if s.Status != jobs.Completed {
		r.Fatalf("%+v", s)
	}
}

// An import that sees an item before the sync does that has made it of a story
// makes a story of its own: the item stays one, and so does the story.
func TestImportedMeanwhile(t *testing.T) {
	t.Parallel()
	r, made := unheard(t)
	made()
	r.importAll(true)
	r.goOn()
	r.only("FS-001/us-001-ours.md")
}

// So it is where a person moved and edited the story as well.
func TestImportedAndMoved(t *testing.T) {
	t.Parallel()
	r, made := unheard(t)
	made()
	check(t, os.Remove(filepath.Join(r.project, ".specweave/docs/internal/specs/FS-001/us-001-ours.md")))
	r.save(&storytest.File{Path: filepath.Join(r.project, ".specweave/docs/internal/specs/FS-002/us-001-ours.md"), Text: strings.Replace(oursText, "Open", "In Progress", 1)})
	r.importAll(true)
	r.goOn()
	r.only("FS-002/us-001-ours.md")
}

// The same of another profile, which leaves the item to the one that made it.
func TestPulledMeanwhile(t *testing.T) {
	t.Parallel()
	r, made := unheard(t)
	made()
	id := r.id
	r.config.Profile = "other"
	if got := r.sync(); !strings.Contains(got, "skipped  : it is not known yet what became of the last change: profile web has to be synced first") || strings.Contains(got, "created") {
		t.Error(got)
	}
	r.config.Profile, r.id = "web", id
	r.goOn()
	r.only("FS-001/us-001-ours.md")
}

// A story that gets another name while nobody knows what became of its item is
// the same story.
func TestMovedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"FS-002/us-001-ours.md":    oursText,
		"FS-002/us-002-renamed.md": strings.Replace(oursText, "Ours", "Better", 1),
		"FS-001/us-001-better.md":  strings.NewReplacer("Ours", "Better", "Text", "More").Replace(oursText),
	} {
		r, made := unheard(t)
		check(t, os.Remove(filepath.Join(r.project, ".specweave/docs/internal/specs/FS-001/us-001-ours.md")))
		r.save(&storytest.File{Path: filepath.Join(r.project, ".specweave/docs/internal/specs", name), Text: text})
		if s := r.attempt(); s.Status != jobs.Paused || len(r.t.items) != 0 {
			t.Errorf("%+v, %d items", s, len(r.t.items))
		}
		made()
		r.goOn()
		r.only(name)
		if want := strings.TrimPrefix(strings.SplitN(text, "\n", 2)[0], "# US-001: "); r.t.items[0].Title != want {
			t.Errorf("%q, not %q", r.t.items[0].Title, want)
		}
	}
}

// An item that could not be brought into its story comes again.
func TestMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	path := r.story("1").Path
	check(t, os.Chmod(path, 0o400))
	r.t.touch(r.t.find("1"))
	r.t.find("1").Title = "Theirs"
	r.item("Two", "Text.")
	if got := r.sync(); !strings.Contains(got, "skipped  1: the story cannot be read or written: it is read-only") || !strings.Contains(got, "created here 2") {
		t.Error(got)
	}
	r.now = r.now.Add(24 * 3600e9)
	r.item("Three", "Text.")
	r.sync()
	check(t, os.Chmod(path, 0o600))
	r.now = r.now.Add(24 * 3600e9)
	r.said("updated here 1: \n")
	if got := r.story("1").Title(); got != "Theirs" {
		t.Error(got)
	}
}

// An import that asks for no comments does not know what became of them: what the
// source has made of one is not written over because of it.
func TestCommentMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	i := r.item("One", "Text.")
	r.t.comment(i, "someone", "First words.", "")
	r.config.Rule = stories.Local
	r.sync()
	f := r.story("1")
	f.Text = strings.Replace(f.Text, "First words.", "Our words.", 1)
	r.save(f)
	r.now = r.now.Add(time.Hour)
	r.t.touch(i)
	i.Comments[0].Body.Raw, i.Comments[0].Updated = "Their words.", i.Updated
	r.importAll(false)
	r.config.Direction = Export
	r.said("skipped  1: the item was changed at the tracker, and the profile does not import\n")
	r.config.Direction = Bidirectional
	if got := r.sync(); !strings.Contains(got, "conflict  1: ") || r.t.find("1").Comments[0].Body.Raw != "Our words." {
		t.Errorf("%s: %+v", got, r.t.find("1").Comments)
	}
}
