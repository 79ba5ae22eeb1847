package workers

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
)

// Every stored reference against everything that can be found now.
func TestResolves(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stored, now     string
		plain, helped   Answer
		gone            bool
		origin, remedy  string
		elsewhereRemedy string
	}{
		{"launch", "git", No, Unknown, true, "was in a URL of the launch", "put GITHUB_TOKEN into the project's .env", "tell a credential helper of git (gitcredentials(7))"},
		{"env:GH_TOKEN", "git", No, Unknown, true, "was in GH_TOKEN of the launching shell", "put GH_TOKEN into the project's .env", "put GH_HOST=h.example and GH_TOKEN into the project's .env"},
		{"env:GITLAB_TOKEN", "git", No, Unknown, true, "was in GITLAB_TOKEN of the launching shell", "put GITLAB_HOST=github.com and GITLAB_TOKEN into the project's .env", "put GITLAB_HOST=h.example and GITLAB_TOKEN into the project's .env"},
		{"env:GITEA_TOKEN", "git", No, Unknown, true, "was in GITEA_TOKEN of the launching shell", "put GITEA_URL=github.com and GITEA_TOKEN into the project's .env", "put GITEA_URL=h.example and GITEA_TOKEN into the project's .env"},
		{"dotenv:ADO_PAT", "git", No, Unknown, true, "was in .env as ADO_PAT", "put AZURE_DEVOPS_ORG_URL=https://github.com/ORG and ADO_PAT into the project's .env", "put AZURE_DEVOPS_ORG_URL=https://h.example/ORG and ADO_PAT into the project's .env"},
		{"dotenv:GITHUB_TOKEN", "git", No, Unknown, true, "was in .env as GITHUB_TOKEN", "put GITHUB_TOKEN into the project's .env", "put GH_HOST=h.example and GITHUB_TOKEN into the project's .env"},
		{"gh", "git", No, Unknown, true, "came from gh", `"gh auth login --hostname github.com"`, `"gh auth login --hostname h.example"`},
		{"git", "git", Unknown, Unknown, false, "", "", ""},
		{"launch", "gh", Yes, Yes, false, "", "", ""},
		{"env:GH_TOKEN", "env:GH_TOKEN", Yes, Yes, false, "", "", ""},
		{"env:GH_TOKEN", "dotenv:GITHUB_TOKEN", Yes, Yes, false, "", "", ""},
		{"dotenv:GITHUB_TOKEN", "dotenv:GITHUB_TOKEN", Yes, Yes, false, "", "", ""},
		{"gh", "gh", Yes, Yes, false, "", "", ""},
		{"git", "gh", Yes, Yes, false, "", "", ""},
	} {
		if got := resolves(tt.stored, tt.now, false); got != tt.plain {
			t.Errorf("%s, now %s: %s", tt.stored, tt.now, got)
		}
		if got := resolves(tt.stored, tt.now, true); got != tt.helped {
			t.Errorf("%s, now %s, helped: %s", tt.stored, tt.now, got)
		}
		if got := gone(tt.stored, tt.now); got != tt.gone {
			t.Errorf("%s, now %s: gone %v", tt.stored, tt.now, got)
		}
		if !tt.gone {
			continue
		}
		if got := origin(tt.stored); got != tt.origin {
			t.Errorf("%s: %s", tt.stored, got)
		}
		if got := remedy("github.com", tt.stored); got != tt.remedy {
			t.Errorf("%s: %s", tt.stored, got)
		}
		if got := remedy("h.example", tt.stored); got != tt.elsewhereRemedy {
			t.Errorf("%s: %s", tt.stored, got)
		}
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	config := of(t, "https://github.com/a/b", "https://github.com/a/c", "https://gitlab.com/a/d", "https://h.example/a/e", "file:///a/f", "ssh://git@github.com/a/g", "https://gitlab.com/a/h")
	config.Credentials = map[string]string{"github.com": "env:GITHUB_TOKEN", "gitlab.com": "dotenv:GITLAB_TOKEN", "h.example": "git", "gitlab.com/a/h": "git"}
	for name, tt := range map[string]struct {
		dotenv string
		env    []string
		in     Input
		want   string
	}{
		"nothing left": {want: "b c d"},
		"all there":    {dotenv: "GITLAB_TOKEN=" + secret, env: []string{"GITHUB_TOKEN=" + secret}},
		"another":      {dotenv: "GH_TOKEN=" + secret, want: "d"},
		"for one of two repositories": {
			in:   Input{Logins: map[string]Login{"https://github.com/a/b": {"me", secret}}},
			want: "c d",
		},
	} {
		project := t.TempDir()
		write(t, filepath.Join(project, ".env"), tt.dotenv)
		c := NewCredentials(project, tt.in, tt.env)
		c.gh = ""
		var got []string
		for _, r := range config.Repositories {
			if c.lost(config, r) {
				got = append(got, r.Name)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v; want %s", name, got, tt.want)
		}
	}
}

// Of two repositories on a host each keeps where its own credential came from.
func TestReferences(t *testing.T) {
	t.Parallel()
	var sources []Source
	for _, u := range []string{"https://me:" + secret + "@gitlab.com/a/b.git", "https://gitlab.com/a/c", "https://me:" + secret + "@h.example/a/d", "https://me:" + secret + "@h.example/a/e", "git@gitlab.com:a/f", "https://none.example/a/g"} {
		s, err := ParseSource(u, Base{})
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s)
	}
	repos, logins, err := Collect(sources, "")
	if err != nil {
		t.Fatal(err)
	}
	project := t.TempDir()
	for range 2 { // whatever the order
		stored, _ := Handover(project, repos, Input{Logins: logins}, []string{"GITLAB_TOKEN=" + secret, "HOME=" + project})
		want := map[string]string{"gitlab.com": "env:GITLAB_TOKEN", "gitlab.com/a/b": "launch", "h.example": "launch", "none.example": "git"}
		if d := cmp.Diff(want, stored); d != "" {
			t.Error(d)
		}
		config := CloneConfig{Repositories: repos, Credentials: stored}
		for _, r := range repos {
			want := map[string]string{"b": "launch", "c": "env:GITLAB_TOKEN", "d": "launch", "e": "launch", "f": "", "g": "git"}[r.Name]
			if got := config.reference(r.CloneURL); got != want {
				t.Errorf("%s: %s; want %s", r.Name, got, want)
			}
		}
		var forecasts []string
		for _, f := range ForecastCredentials(project, config, "", nil, func(string) bool { return false }) {
			forecasts = append(forecasts, f.Host+" "+f.Reference)
		}
		slices.Sort(forecasts)
		if d := cmp.Diff([]string{"gitlab.com env:GITLAB_TOKEN", "gitlab.com launch", "h.example launch", "none.example git"}, forecasts); d != "" {
			t.Error(d)
		}
		slices.Reverse(repos)
	}
}

func TestForecastCredentials(t *testing.T) {
	t.Parallel()
	project, home := t.TempDir(), t.TempDir()
	write(t, filepath.Join(project, ".env"), "BITBUCKET_TOKEN="+secret)
	write(t, filepath.Join(home, ".config/gh/hosts.yml"), "github.com:\n    user: me\n") // counts where gh is installed
	config := of(t, "https://gitlab.com/a/b", "https://gitlab.com/a/c", "https://bitbucket.org/a/d", "https://h.example/a/e", "https://helped.example/a/f", "file:///a/g")
	config.Credentials = map[string]string{
		"gitlab.com": "env:GITLAB_TOKEN", "bitbucket.org": "dotenv:BITBUCKET_TOKEN", "h.example": "git", "helped.example": "launch",
	}
	got := ForecastCredentials(project, config, "", []string{"HOME=" + home, "GITLAB_TOKEN=" + secret}, func(u string) bool {
		return strings.Contains(u, "helped.example")
	})
	want := []Forecast{
		{"gitlab.com", "env:GITLAB_TOKEN", Yes, No, "put GITLAB_TOKEN into the project's .env"},
		{"bitbucket.org", "dotenv:BITBUCKET_TOKEN", Yes, Yes, ""},
		{"h.example", "git", Unknown, Unknown, ""},
		{"helped.example", "launch", Unknown, Unknown, ""},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestHelped(t *testing.T) {
	t.Parallel()
	found, err := FindGit(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1"}
	helped := func(u string, want bool) {
		t.Helper()
		if got := found.Helped(t.Context(), env, u); got != want {
			t.Errorf("%s: %v", u, got)
		}
	}
	helped("https://h.example/a/b", false)
	write(t, filepath.Join(home, ".gitconfig"), "[credential \"https://h.example\"]\n\thelper = store\n[credential \"https://off.example\"]\n\thelper =\n")
	helped("https://h.example/a/b", true)
	helped("https://other.example/a/b", false)
	helped("https://off.example/a/b", false)
	write(t, filepath.Join(home, ".netrc"), "machine other.example\n")
	helped("https://other.example/a/b", true)
}

// An attempt that no person started leaves a host alone whose credential is
// gone, does the rest, and waits for a person, who may have it tried anyway.
func TestCloneWaitsForCredential(t *testing.T) {
	t.Parallel()
	base, sent := privateServer(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	local := bareRepo(t, t.TempDir(), "acme/local.git")
	config := of(t, base+"/acme/web.git", local)
	config.Credentials = map[string]string{u.Host: "env:GITLAB_TOKEN"}
	r := newRun(t, config)
	state, err := r.work(t.Context(), t)
	var pause *jobs.PauseError
	if !errors.As(err, &pause) || !pause.Until.IsZero() {
		t.Fatalf("got %v", err)
	}
	want := "the credential for " + u.Host + " was in GITLAB_TOKEN of the launching shell and is gone: put GITLAB_HOST=" + u.Host +
		` and GITLAB_TOKEN into the project's .env; or resume it where that is set; "specweave jobs resume ` + r.job.ID + `" tries in any case`
	if pause.Reason != want {
		t.Errorf("%s\nwant %s", pause.Reason, want)
	}
	counts(t, state, 1, 0, 0)
	if !strings.HasSuffix(state.Completed()[0], "/local") {
		t.Errorf("%v", state.Completed())
	}

	r.opts.Input = Input{Attended: true}
	counts(t, r.must(t), 1, 0, 1)
	r.opts.Input = Input{Env: map[string]string{"GITLAB_HOST": u.Host, "GITLAB_TOKEN": secret}}
	counts(t, r.must(t), 2, 0, 0)
	if _, ok := sent.Load("oauth2:" + secret); !ok {
		t.Error("the credential was not sent")
	}
}
