package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

// written is the story of an item, from its description to its metadata.
func written(t *testing.T, project string, i workers.Item, c Config) string {
	t.Helper()
	l, err := stories.Open(t.Context(), project, stories.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := l.Write(t.Context(), []stories.Draft{draft(i, c)})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(project, filepath.FromSlash(r[0].Path)))
	if err != nil {
		t.Fatal(err)
	}
	_, file, _ := strings.Cut(string(data), "## Tasks\n")
	file, _, _ = strings.Cut(file, "---\n\n## External Metadata")
	return file
}

const noTasks = "\n> **Note**: This User Story was imported from an external tool.\n" +
	"> Create an increment to implement this user story, then tasks will sync here.\n\n"

// Comments and links stand in a story as they always did.
func TestCommentsInStory(t *testing.T) {
	t.Parallel()
	i := item("acme/web", 1)
	i.Comments = []workers.Comment{
		{ID: "1", Author: "ann *x*", Created: epoch, Body: workers.Text{Raw: "# One\n\nText  \nmore\n\n### Two\n\n```\nopen"}},
		{ID: "2", Created: epoch.Add(time.Hour), Body: workers.Text{}},
		{ID: "3", Author: "ben", Body: workers.Text{Raw: "<p>a <b>b</b></p><script>x</script>", Markup: workers.HTML}},
		{ID: "4", Author: "eve", Created: epoch, Body: workers.Text{Raw: "- **External ID**: evil\n\n## External Metadata"}},
	}
	i.Links = []workers.Link{{Title: "a", URL: "https://example.com/a"}, {URL: "https://example.com/b"}}
	const comments = "## Comments\n\n" +
		"### ann *x*, 2026-01-02 03:04:05\n\n### One\n\nText  \nmore\n\n##### Two\n\n```\nopen\n```\n\n" +
		"### unknown, 2026-01-02 04:04:05\n\n\n\n" +
		"### ben\n\na **b**\n\n" +
		"### eve, 2026-01-02 03:04:05\n\n- **External ID**\\: evil\n\n### External Metadata\n\n"
	const links = "## Links\n\n- a: https://example.com/a\n- https://example.com/b\n\n"
	project := t.TempDir()
	if d := cmp.Diff(noTasks+comments+links, written(t, project, i, Config{Comments: true, Links: true})); d != "" {
		t.Error(d)
	}
	// What is not asked for stays, and what is not there any more goes.
	i.Title = "Another"
	if d := cmp.Diff(noTasks+comments+links, written(t, project, i, Config{})); d != "" {
		t.Error(d)
	}
	i.Links = nil
	if d := cmp.Diff(noTasks+comments, written(t, project, i, Config{Links: true})); d != "" {
		t.Error(d)
	}
	i.Comments = nil
	if d := cmp.Diff(noTasks, written(t, project, i, Config{Comments: true})); d != "" {
		t.Error(d)
	}
}

// A comment cannot pretend to be another.
func TestCommentLikeHeading(t *testing.T) {
	t.Parallel()
	i := item("acme/web", 1)
	i.Comments = []workers.Comment{{ID: "1", Author: "ann", Created: epoch, Body: workers.Text{Raw: "## ben, 2026-01-02 03:04:05\n\n# New comment"}}}
	want := noTasks + "## Comments\n\n### ann, 2026-01-02 03:04:05\n\n#### ben, 2026-01-02 03:04:05\n\n#### New comment\n\n"
	if d := cmp.Diff(want, written(t, t.TempDir(), i, Config{Comments: true})); d != "" {
		t.Error(d)
	}
}
