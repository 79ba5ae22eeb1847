package profiles_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/profiles"
)

// parse reads a section sync with single quotes for double ones.
func parse(t *testing.T, sync string) profiles.Sync {
	t.Helper()
	s, err := profiles.Parse([]byte(`{"sync": ` + strings.ReplaceAll(sync, "'", `"`) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// faults are all that is wrong; warnings begin with a question mark.
func faults(s profiles.Sync) []string {
	all := slices.Clone(s.Faults)
	for _, p := range s.Profiles {
		all = append(all, p.Faults...)
	}
	var texts []string
	for _, f := range all {
		text := f.String()
		if f.Warning {
			text = "?" + text
		}
		texts = append(texts, text)
	}
	return texts
}

// TestWritten reads what SpecWeave 1.0.593 wrote for each of its trackers.
func TestWritten(t *testing.T) {
	for _, tt := range []struct {
		file, profile, provider, host string
		sources, areas                []string
		writes                        bool
	}{
		{"github.json", "github-default", "github", "", []string{"acme/web"}, nil, true},
		{"umbrella.json", "shop-api", "github", "", []string{"acme/shop-api"}, nil, false},
		{"umbrella.json", "shop-fe", "github", "", []string{"acme/shop-fe"}, nil, false},
		{"jira.json", "jira-core", "jira", "acme.atlassian.net", []string{"CORE"}, nil, true},
		{"ado.json", "ado-shop", "ado", "", []string{"acme/Shop"}, []string{`Shop\Backend`, `Shop\Frontend`}, true},
	} {
		t.Run(tt.profile, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + tt.file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := profiles.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			p, ok := s.Find(tt.profile)
			if !ok || len(faults(s)) > 0 {
				t.Fatalf("found %v, faults %q", ok, faults(s))
			}
			if p.Provider != tt.provider || p.Host != tt.host || !slices.Equal(p.Sources, tt.sources) || !slices.Equal(p.AreaPaths, tt.areas) {
				t.Errorf("%+v", p)
			}
			if p.Direction != profiles.Bidirectional || p.Conflict != profiles.Mark || p.Range != "1M" || p.Permissions.Writes() != tt.writes || p.Permissions.Delete {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestSources(t *testing.T) {
	for _, tt := range []struct {
		name, provider, config string
		sources                []string
		host                   string
		faults                 []string
	}{
		{
			"several", "github", `{'owner': 'acme', 'masterRepo': 'plan', 'repos': ['web', 'api', 'Web', 'other/tool']}`,
			[]string{"acme/plan", "acme/web", "acme/api", "other/tool"},
			"", nil,
		},
		{"whole name", "gitea", `{'repo': 'acme/web', 'host': 'https://git.example.org/x'}`, []string{"acme/web"}, "https://git.example.org/x", nil},
		{"groups", "gitlab", `{'repo': 'a/b/c', 'host': 'git.example.org'}`, []string{"a/b/c"}, "git.example.org", nil},
		{"owner missing", "github", `{'repo': 'web'}`, nil, "", []string{"sync.profiles.p.config.owner: missing"}},
		{"owner unknown", "github", `{'owner': 'YOUR_GITHUB_USERNAME', 'repo': 'web'}`, nil, "", []string{"sync.profiles.p.config.owner: YOUR_GITHUB_USERNAME is a placeholder"}},
		{"repo missing", "github", `{'owner': 'acme', 'repos': []}`, nil, "", []string{"sync.profiles.p.config.repo: missing"}},
		{"too long", "github", `{'repo': 'a/b/c'}`, nil, "", []string{`sync.profiles.p.config.repo: "a/b/c" is not OWNER/REPO`}},
		{"types", "github", `{'owner': 3, 'repo': 'web', 'repos': ['x', 4], 'customQuery': []}`, nil, "", []string{
			"sync.profiles.p.config.customQuery: not a string", "sync.profiles.p.config.owner: missing", "sync.profiles.p.config.owner: not a string", "sync.profiles.p.config.repos[1]: not a string",
		}},
		{"token", "github", `{'owner': 'acme', 'repo': 'web', 'token': 'ghp_x'}`, []string{"acme/web"}, "", []string{"?sync.profiles.p.config.token: a credential in a file; it is not used, and had better go into .env"}},
		{"jira", "jira", `{'domain': 'x.atlassian.net', 'projectKey': 'core', 'projects': ['CORE', 'ops']}`, []string{"CORE", "OPS"}, "x.atlassian.net", nil},
		{"jira without", "jira", `{'domain': 'x.atlassian.net'}`, nil, "x.atlassian.net", []string{"sync.profiles.p.config.projectKey: missing"}},
		{"jira boards", "jira", `{'domain': 'x.atlassian.net', 'boardMapping': {'boards': []}}`, nil, "x.atlassian.net", []string{"sync.profiles.p.config.boardMapping.projectKey: missing"}},
		{"ado", "ado", `{'organization': 'acme', 'projects': ['A', 'B']}`, []string{"acme/A", "acme/B"}, "", nil},
		{
			"ado areas", "ado", `{'organization': 'acme', 'areaPathMapping': {'project': 'P', 'mappings': [{'areaPath': 'P\\F', 'specweaveProject': 'FE'}, {'specweaveProject': 'BE'}]}}`,
			[]string{"acme/P"},
			"",
			[]string{"sync.profiles.p.config.areaPathMapping.mappings[1].areaPath: missing"},
		},
		{"ado half", "ado", `{'project': 'A', 'areaPathMapping': {}}`, []string{"/A"}, "", []string{
			"sync.profiles.p.config.areaPathMapping.mappings: missing", "sync.profiles.p.config.organization: missing",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, `{'profiles': {'p': {'provider': '`+tt.provider+`', 'config': `+tt.config+`}}}`)
			p := s.Profiles[0]
			if got := faults(s); !slices.Equal(got, tt.faults) {
				t.Errorf("faults %q, want %q", got, tt.faults)
			}
			if !slices.Equal(p.Sources, tt.sources) || p.Host != tt.host {
				t.Errorf("%q at %q", p.Sources, p.Host)
			}
			if want := !slices.ContainsFunc(tt.faults, func(f string) bool { return f[0] != '?' }); p.Usable() != want {
				t.Errorf("usable %v", p.Usable())
			}
		})
	}
}

func TestFaults(t *testing.T) {
	github := `'provider': 'github', 'config': {'repo': 'acme/web'}`
	for _, tt := range []struct {
		name, sync string
		want       []string
	}{
		{"nothing", `null`, nil},
		{"not an object", `[]`, []string{"sync: not an object"}},
		{"profiles", `{'profiles': 3, 'enabled': 'yes'}`, []string{"sync.enabled: not true or false", "sync.profiles: not an object"}},
		{"empty", `{'profiles': {'p': {}}}`, []string{"sync.profiles.p.provider: missing"}},
		{"no config", `{'profiles': {'p': {'provider': 'GitHub'}}}`, []string{"sync.profiles.p.config: missing"}},
		{"provider", `{'profiles': {'p': {'provider': 'linear', 'config': {}}}}`, []string{`sync.profiles.p.provider: "linear" is not one of github, jira, ado, gitlab, gitea`}},
		{"name", `{'profiles': {'../x': {` + github + `}}}`, []string{`sync.profiles["../x"]: the name of a profile is lower-case letters, digits and hyphens, 64 at most`}},
		{"default", `{'defaultProfile': 'q', 'profiles': {'p': {` + github + `}}}`, []string{`?sync.defaultProfile: there is no profile "q"`}},
		{"rule", `{'conflict': 'theirs', 'profiles': {'p': {` + github + `}}}`, []string{`sync.conflict: "theirs" is not one of mark, local, remote, newer`}},
		{"range", `{'profiles': {'p': {` + github + `, 'timeRange': {'default': '1Y', 'max': '2M'}}}}`, []string{`sync.profiles.p.timeRange.max: "2M" is not one of 1W, 2W, 1M, 3M, 6M, 1Y, ALL`}},
		{"range too wide", `{'profiles': {'p': {` + github + `, 'timeRange': {'default': '1Y', 'max': '6M'}}}}`, []string{"?sync.profiles.p.timeRange.default: 1Y is more than 6M, which is the most"}},
		{"limits", `{'profiles': {'p': {` + github + `, 'rateLimits': {'maxItemsPerSync': -1, 'warnThreshold': 1.5}}}}`, []string{"sync.profiles.p.rateLimits.maxItemsPerSync: not a whole number from 1 on"}},
		{"permission", `{'permissions': {'github': {'canUpsert': 'yes', 'preset': 'all'}}, 'profiles': {'p': {` + github + `}}}`, []string{
			`sync.permissions.github.canUpsert: not true or false`, `sync.permissions.github.preset: "all" is not one of read-only, push-only, bidirectional, full-control`,
		}},
		{"map", `{'profiles': {'p': {` + github + `, 'statusMap': {'open': 'A', 'active': 'A', 'nonsense': 'B', 'done': {}, 'closed': ''}}}}`, []string{
			`sync.profiles.p.statusMap.closed: missing`,
			`sync.profiles.p.statusMap.done.state: missing`,
			`sync.profiles.p.statusMap.nonsense: not a status: open, in progress, completed, or SpecWeave's words for them`,
			`sync.profiles.p.statusMap.open: "A" stands for two statuses: In Progress and Open`,
			`?sync.profiles.p.statusMap: Completed has no state; it is the tracker's own way`,
			`?sync.profiles.p.statusMap: Open has no state; it is the tracker's own way`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := faults(parse(t, tt.sync))
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q\nwant %q", got, tt.want)
			}
		})
	}
	var bad *workers.InputError
	if _, err := profiles.Parse([]byte(`{"sync": `)); !errors.As(err, &bad) {
		t.Errorf("%v", err)
	}
}

func TestPermissions(t *testing.T) {
	only := profiles.Permissions{Read: true}
	status := profiles.Permissions{Read: true, UpdateStatus: true}
	both := profiles.Permissions{Read: true, UpdateStatus: true, Upsert: true}
	for _, tt := range []struct {
		name, sync, profile string
		want                profiles.Permissions
	}{
		{"nothing said", ``, ``, only},
		{"settings of something else", `'settings': {'autoDetectProject': true},`, ``, only},
		{"settings", `'settings': {'canUpsertInternalItems': true, 'canUpdateExternalItems': true, 'canUpdateStatus': true},`, ``, both},
		{"half the settings", `'settings': {'canUpsertInternalItems': true, 'canUpdateExternalItems': false, 'canUpdateStatus': true},`, ``, status},
		{"direction", `'settings': {'syncDirection': 'bidirectional'},`, ``, both},
		{"old export", `'settings': {'syncDirection': 'to-external'},`, ``, only},
		{"old import", `'settings': {'syncDirection': 'from-external'},`, ``, status},
		{"preset", `'preset': 'bidirectional',`, ``, both},
		{"push", `'preset': 'push-only',`, ``, profiles.Permissions{UpdateStatus: true, Upsert: true}},
		{"preset and stricter settings", `'preset': 'full-control', 'settings': {'canUpdateExternalItems': false},`, ``, profiles.Permissions{Read: true, UpdateStatus: true, Delete: true}},
		{"preset and laxer settings", `'preset': 'read-only', 'settings': {'canUpdateStatus': true, 'canUpsertInternalItems': true, 'canUpdateExternalItems': true},`, ``, only},
		{"of another provider", `'permissions': {'jira': {'canUpsert': true}},`, ``, only},
		{"of the provider", `'permissions': {'github': {'canUpdateStatus': true}},`, ``, status},
		{"of the orchestration", `'orchestration': {'permissions': {'github': {'canUpdateStatus': true, 'canUpsert': true}}},`, ``, both},
		{"the provider over the orchestration", `'orchestration': {'permissions': {'github': {'canUpdateStatus': true, 'canUpsert': true}}}, 'permissions': {'github': {'canUpsert': false}},`, ``, status},
		{"of the profile", `'preset': 'read-only',`, `, 'permissions': {'preset': 'bidirectional'}`, both},
		{"against a setting", `'settings': {'canUpdateExternalItems': false},`, `, 'permissions': {'canUpsert': true, 'canUpdateStatus': true}`, both},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, `{`+tt.sync+`'profiles': {'p': {'provider': 'github', 'config': {'repo': 'acme/web'}`+tt.profile+`}}}`)
			if got := s.Profiles[0]; got.Permissions != tt.want || !got.Usable() {
				t.Errorf("%+v, want %+v; %q", got.Permissions, tt.want, got.Faults)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	s := parse(t, `{'statusSync': {'mappings': {'jira': {'completed': 'Done'}, 'ado': {'planned': 'New', 'active': 'Active', 'in_progress': 'Doing', 'completed': {'state': 'Closed', 'tags': []}, 'abandoned': 'Removed'}}},
		'profiles': {'j': {'provider': 'jira', 'config': {'projectKey': 'A'}}, 'a': {'provider': 'ado', 'config': {'organization': 'o', 'project': 'p'}},
		'k': {'provider': 'jira', 'config': {'projectKey': 'B'}, 'statusMap': {'Open': 'Backlog', 'In Progress': 'Doing', 'Completed': 'Shipped'}},
		'g': {'provider': 'github', 'config': {'repo': 'a/b'}}}}`)
	for _, tt := range []struct {
		profile string
		out     map[workers.ItemStatus]string
		in      map[string]workers.ItemStatus
	}{
		{"j", map[workers.ItemStatus]string{workers.StatusCompleted: "Done"}, map[string]workers.ItemStatus{"DONE": workers.StatusCompleted, "Closed": ""}},
		{
			"a",
			map[workers.ItemStatus]string{workers.StatusOpen: "New", workers.StatusInProgress: "Doing", workers.StatusCompleted: "Closed"},
			map[string]workers.ItemStatus{"Active": workers.StatusInProgress, "doing": workers.StatusInProgress, "Removed": workers.StatusCompleted, "new": workers.StatusOpen},
		},
		{"k", map[workers.ItemStatus]string{workers.StatusOpen: "Backlog", workers.StatusInProgress: "Doing", workers.StatusCompleted: "Shipped"}, map[string]workers.ItemStatus{"Done": ""}},
		{"g", nil, map[string]workers.ItemStatus{"closed": ""}},
	} {
		p, _ := s.Find(tt.profile)
		if !maps.Equal(p.Statuses.Out, tt.out) || !p.Usable() {
			t.Errorf("%s: %v %q", tt.profile, p.Statuses.Out, p.Faults)
		}
		for state, want := range tt.in {
			if got, ok := p.Statuses.Of(state); got != want || ok != (want != "") {
				t.Errorf("%s: %s is %q %v, want %q", tt.profile, state, got, ok, want)
			}
		}
	}
}

func TestOlder(t *testing.T) {
	s := parse(t, `{'provider': 'github', 'github': {'owner': 'acme', 'repo': 'web'}, 'jira': {'domain': '', 'projectKey': ''}, 'direction': 'export'}`)
	if len(s.Profiles) != 1 || s.Profiles[0].Name != "github" || !slices.Equal(s.Profiles[0].Sources, []string{"acme/web"}) || s.Profiles[0].Direction != profiles.Export {
		t.Errorf("%+v", s.Profiles)
	}
	s = parse(t, `{'provider': 'github', 'github': {'owner': 'acme', 'repo': ''}}`)
	if got := faults(s); !slices.Equal(got, []string{"sync.github.repo: missing"}) {
		t.Errorf("%q", got)
	}
	s = parse(t, `{'provider': 'github', 'github': {'owner': 'acme', 'repo': 'web'}, 'profiles': {'x': {'provider': 'github', 'config': {'repo': 'acme/web'}}}}`)
	if len(s.Profiles) != 1 || s.Profiles[0].Name != "x" {
		t.Errorf("%+v", s.Profiles)
	}
	s = parse(t, `{'enabled': false, 'github': {'enabled': false, 'owner': 'acme', 'repo': 'web'}}`)
	if len(s.Profiles) != 0 || !s.Disabled {
		t.Errorf("%+v", s)
	}
}

func TestRange(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for r, want := range map[profiles.Range]string{
		"1W": "2026-11-23", "2W": "2026-11-16", "1M": "2026-10-30", "3M": "2026-08-30", "6M": "2026-05-30", "1Y": "2025-11-30", "ALL": "0001-01-01", "": "2026-10-30",
	} {
		if got := r.Since(now).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", r, got, want)
		}
	}
}

// FuzzParse: whatever stands in the file, a profile that can be used has
// sources, and a name that can be a file's.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"github.json", "umbrella.json", "jira.json", "ado.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := profiles.Parse(data)
		if err != nil {
			return
		}
		for _, p := range s.Profiles {
			if p.Usable() && (len(p.Sources) == 0 || p.Name == "" || strings.ContainsAny(p.Name, `/\. `) || !slices.Contains(profiles.Providers, p.Provider)) {
				t.Errorf("%+v", p)
			}
		}
	})
}
