package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/specweave/specweave/jobs"
)

// What the worker of a job says of an item shows with its name.
func TestCurrentShowsHowFar(t *testing.T) {
	t.Parallel()
	store := jobs.Open(t.TempDir())
	job, err := store.Create(jobs.CloneRepos, map[string]any{"repositories": []any{}})
	check(t, err)
	c, err := store.Claim(job.ID)
	check(t, err)
	defer c.Close()
	check(t, c.Start(""))
	for _, item := range []string{"acme/web", "acme/\x1b[2Japi"} {
		check(t, c.Begin(item))
	}
	check(t, os.WriteFile(filepath.Join(filepath.Dir(store.LogPath(job.ID)), "progress.json"),
		[]byte(`[{"item":"acme/\u001b[2Japi","phase":"receiving","percent":45,"bytes":12897485},{"item":"gone","phase":"x"}]`), 0o600))
	v, err := store.Find(job.ID)
	check(t, err)
	if got := current(&v.State); got != `acme/\x1b[2Japi: receiving 45%, 12.3 MiB (+1)` {
		t.Error(got)
	}
	if got := at(&v.State, "acme/web"); got != "acme/web" {
		t.Error(got)
	}
	j := viewJSON(v, v.State.UpdatedAt).Progress
	if len(j.Live) != 1 || j.Live[0].Percent != 45 || j.Received != 12897485 {
		t.Errorf("%+v", j)
	}
}
