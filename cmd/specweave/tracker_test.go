package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
)

// An import that goes on where nothing names its server finds the token if this
// user has named that: in .env when nobody is there, in the shell of whoever
// resumes it.
func TestImportGoesOn(t *testing.T) {
	t.Setenv("GITEA_URL", "")
	t.Setenv("GITEA_TOKEN", "tea-s3cret")
	project, bare := t.TempDir(), t.TempDir()
	check(t, os.WriteFile(filepath.Join(project, ".env"), []byte("GITEA_TOKEN=tea-s3cret\n"), 0o600))
	known := workers.KnownServers(filepath.Join(t.TempDir(), "servers"))
	source := importer.Source{Platform: "gitea", Name: "acme/web", Server: "https://tea.corp", API: "https://tea.corp/api/v1/"}
	config, err := json.Marshal(importer.Config{Sources: []importer.Source{source}})
	check(t, err)
	for _, named := range []bool{false, true} {
		if named {
			check(t, known.Remember(map[string]workers.Kind{"tea.corp": workers.Gitea}))
		}
		data, err := inputFor(bare, jobs.Job{Type: jobs.ImportIssues, Config: config}, known)
		check(t, err)
		in, err := workers.ParseInput(data)
		check(t, err)
		if got := in.Env["GITEA_TOKEN"] != ""; got != named {
			t.Errorf("named %v: the token was handed over: %v", named, got)
		}
		tracker, err := newTrackers(project, workers.Input{}, known).connect(t.Context(), source, 1, t.Logf)
		check(t, err)
		want := ""
		if named {
			want = "dotenv:GITEA_TOKEN"
		}
		if tracker.Reference != want {
			t.Errorf("named %v: %q, want %q", named, tracker.Reference, want)
		}
	}
}

// Of imports and syncs, too, is known beforehand which will find no credential.
func TestAccessOf(t *testing.T) {
	t.Parallel()
	const config = `{"schemaVersion": 1, "provider": "gitea", "direction": "import", "profileId": "web", "permissions": {"canRead": true}, "home": "acme/web",
		"sources": [{"platform": "gitea", "name": "acme/web", "server": "https://tea.corp", "api": "https://tea.corp/api/v1/"}],
		"credentials": {"https://tea.corp": "env:GITEA_TOKEN"}}`
	for _, kind := range []jobs.Type{jobs.ImportIssues, jobs.SyncExternal} {
		access, err := accessOf(jobs.Job{Type: kind, Config: json.RawMessage(config)})
		check(t, err)
		none := func(string) bool { return false }
		got := workers.ForecastCredentials(t.TempDir(), access, "", nil, none)
		if len(got) != 1 || got[0].Host != "tea.corp" || got[0].Reboot != workers.No || got[0].Remedy != "put GITEA_URL=tea.corp and GITEA_TOKEN into the project's .env" {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}
