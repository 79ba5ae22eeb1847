package syncer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

// hub is a tracker whose items are those of another platform.
type hub struct{ *tracker }

func (h hub) onHub(i workers.Item) workers.Item {
	i.Platform, i.ID = "github", "github#"+strings.TrimPrefix(i.ID, testPlatform+"#")
	return i
}

func (h hub) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	p, err := h.tracker.Page(ctx, q, cursor)
	for n := range p.Items {
		p.Items[n] = h.onHub(p.Items[n])
	}
	return p, err
}

func (h hub) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	i, err := h.tracker.Item(ctx, q, number)
	return h.onHub(i), err
}

func (h hub) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	i, err := h.tracker.Write(ctx, w)
	return h.onHub(i), err
}

// SpecWeave and a sync make no second item of a story that the other has made
// one of.
func TestLinked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.writer = hub{r.t}
	r.config.Provider, r.config.Sources[0].Platform = "github", "github"
	metadata := filepath.Join(r.project, ".specweave", "increments", "0001-login", "metadata.json")
	check(t, os.MkdirAll(filepath.Dir(metadata), 0o700))
	check(t, os.WriteFile(metadata, []byte(`{"externalLinks":{"github":{"issues":{"US-002":{"issueNumber":77}}}}}`), 0o600))
	r.write("us-001-ours.md", "# US-001: Ours\n\n## Description\n\nText.\n")
	r.write("us-002-theirs.md", "# US-002: Made by SpecWeave\n\n## Description\n\nText.\n")
	got := r.sync()
	if len(r.t.items) != 1 || !strings.Contains(got, "skipped  : SpecWeave has made an item of it already: \"77\"") || !strings.Contains(got, "created there github#acme/web#1") {
		t.Errorf("%d items; %s", len(r.t.items), got)
	}
	text, err := os.ReadFile(metadata)
	check(t, err)
	if got := workers.ReadStoryLinks(r.project).Of("github", "FS-001", "US-001"); got != "1" || !strings.Contains(string(text), `"US-002":{"issueNumber":77}`) {
		t.Errorf("%q: %s", got, text)
	}
	r.sync()
	if len(r.t.items) != 1 {
		t.Errorf("%d items", len(r.t.items))
	}
}
