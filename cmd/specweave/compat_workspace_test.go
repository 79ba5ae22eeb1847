package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// tiny makes a repository with one file and returns its path.
func tiny(t *testing.T, dir string, elem ...string) string {
	t.Helper()
	repo := filepath.Join(append([]string{dir}, elem...)...)
	check(t, os.MkdirAll(repo, 0o700))
	check(t, os.WriteFile(filepath.Join(repo, "main.ts"), []byte("export {}\n"), 0o600))
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "first"}} {
		c := exec.CommandContext(t.Context(), "git", args...)
		c.Dir = repo
		c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return repo
}

// SpecWeave knows the repositories that a job of ours has cloned, in the
// workspace of its version 3 and in the umbrella of before; and what it makes
// of the one we take for the other.
func TestOriginalKnowsWhatWeCloned(t *testing.T) {
	t.Parallel()
	npm := original(t)
	remotes := t.TempDir()
	sources := []string{tiny(t, remotes, "acme", "web"), tiny(t, remotes, "acme", "shop-api"), tiny(t, remotes, "other", "web")}
	want := []string{"acme-web", "other-web", "shop-api"}
	clone := func(t *testing.T, project string) {
		t.Helper()
		var out bytes.Buffer
		args := slices.Concat([]string{"clone", "-C", project, "--foreground"}, sources, []string{filepath.Join(remotes, "acme", "gone")})
		if code := run(t.Context(), args, stdio{nil, &out, &out}, func() {}); code != exitWarnings {
			t.Fatalf("%d: %s", code, out.String())
		}
	}
	ids := func(t *testing.T, project, script string) (ids []string, cloned int) {
		t.Helper()
		got := output(t, project, "node", "--input-type=module", "-e", fmt.Sprintf(script, "file://"+filepath.Join(npm, "dist/src/core"), project))
		var r struct {
			Stats struct {
				Cloned int `json:"clonedRepos"`
			} `json:"stats"`
			Repos []struct {
				ID     string `json:"id"`
				Prefix string `json:"prefix"`
			} `json:"repos"`
		}
		if err := json.Unmarshal([]byte(got), &r); err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		for _, e := range r.Repos {
			ids = append(ids, e.ID)
		}
		slices.Sort(ids)
		return ids, r.Stats.Cloned
	}
	detector := func(name string) string {
		return `
		import {` + name + ` as detect} from '%[1]s/living-docs/umbrella-detector.js';
		const r = await detect('%[2]s');
		console.log(JSON.stringify({stats: r.stats, repos: r.config?.childRepos ?? []}));`
	}
	const migrator = `
		import { ConfigManager } from '%[1]s/config/config-manager.js';
		const quiet = {info() {}, warn() {}};
		const c = await new ConfigManager('%[2]s', quiet).read();
		console.log(JSON.stringify({stats: {clonedRepos: c.workspace.repos.filter(r => r.prefix && r.path).length}, repos: c.workspace.repos}));`
	const none = "{}"
	for _, tc := range []struct{ name, config, script string }{
		{"workspace", `{"version": "3.0", "workspace": {"name": "x", "repos": []}}`, detector("loadFromWorkspaceConfig")},
		{"umbrella", none, detector("loadFromUmbrellaConfig")},
		{"migrated", none, migrator},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			project := t.TempDir()
			file := filepath.Join(project, ".specweave", "config.json")
			check(t, os.Mkdir(filepath.Dir(file), 0o700))
			check(t, os.WriteFile(file, []byte(tc.config), 0o600))
			clone(t, project)
			if got, n := ids(t, project, tc.script); !slices.Equal(got, want) || n != len(want) {
				t.Errorf("%v, %d of them there", got, n)
			}
			before, err := os.ReadFile(file)
			check(t, err)
			clone(t, project)
			if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
				t.Errorf("a second job changed it, %v:\n%s\n%s", err, before, after)
			}
		})
	}
}

// SpecWeave takes what init makes for a project of its own.
func TestOriginalTakesOurInit(t *testing.T) {
	t.Parallel()
	npm := original(t)
	project := filepath.Join(t.TempDir(), "My Shop")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"init", project, "--since", "6m"}, stdio{nil, &out, &out}, func() {}); code != exitOK {
		t.Fatalf("%d: %s", code, out.String())
	}
	check(t, os.Mkdir(filepath.Join(project, "below"), 0o700))
	got := output(t, filepath.Join(project, "below"), "node", "--input-type=module", "-e", fmt.Sprintf(`
		import { findProjectRoot } from '%[1]s/utils/find-project-root.js';
		import { ConfigManager } from '%[1]s/core/config/config-manager.js';
		import { loadImportConfig, validateImportConfig } from '%[1]s/config/import-config.js';
		const root = findProjectRoot();
		const manager = new ConfigManager(root, {info() {}, warn(s) { console.log(s); }});
		const c = await manager.read();
		const i = loadImportConfig(root);
		validateImportConfig(i);
		console.log(JSON.stringify([manager.validate(c), c.project.name, c.workspace, i.enabled, i.timeRangeMonths]));`,
		"file://"+filepath.Join(npm, "dist/src")))
	want := `[{"valid":true,"errors":[]},"my-shop",{"name":"my-shop","repos":[]},true,6]` + "\n"
	if got != want {
		t.Errorf("%s; want %s", got, want)
	}
}
