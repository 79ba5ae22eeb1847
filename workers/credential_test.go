package workers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const secret = "s3cr3t-T0ken-0123456789"

// privateServer serves acme/web to whoever knows the secret, and notes what it was
// sent and whether the secret could be seen meanwhile.
func privateServer(t *testing.T) (base string, sent *sync.Map) {
	t.Helper()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	sent = new(sync.Map)
	base = serve(t, remotes, func(w http.ResponseWriter, r *http.Request) bool {
		user, password, ok := r.BasicAuth()
		if ok {
			sent.Store(user+":"+password, true)
			for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
				files, _ := filepath.Glob(pattern)
				for _, f := range files {
					if data, err := os.ReadFile(f); err == nil && strings.Contains(string(data), secret) {
						t.Errorf("the secret is in %s", f)
					}
				}
			}
		}
		if password == secret || user == secret {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	return base, sent
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	base, sent := privateServer(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		source    string
		dotenv    string
		env       []string
		config    string
		reference string
		sent      string
		fails     bool
	}{
		"url":          {source: "http://me:" + secret + "@" + u.Host + "/acme/web.git", reference: "launch", sent: "me:" + secret},
		"token in url": {source: "http://" + secret + "@" + u.Host + "/acme/web.git", reference: "launch", sent: secret + ":"},
		"dotenv":       {source: base + "/acme/web.git", dotenv: "GITLAB_HOST=" + u.Host + "\nGITLAB_TOKEN='" + secret + "'\n", reference: "dotenv:GITLAB_TOKEN", sent: "oauth2:" + secret},
		"env":          {source: base + "/acme/web.git", env: []string{"GITLAB_HOST=" + base, "GITLAB_TOKEN=" + secret}, reference: "env:GITLAB_TOKEN", sent: "oauth2:" + secret},
		"line feed":    {source: base + "/acme/web.git", env: []string{"GITLAB_HOST=" + base, "GITLAB_TOKEN= " + secret + "\r\n"}, reference: "env:GITLAB_TOKEN", sent: "oauth2:" + secret},
		"dotenv first": {source: base + "/acme/web.git", dotenv: "GITLAB_TOKEN=" + secret, env: []string{"GITLAB_HOST=" + base, "GITLAB_TOKEN=other"}, reference: "dotenv:GITLAB_TOKEN"},
		"name in url":  {source: "http://me@" + u.Host + "/acme/web.git", env: []string{"GITLAB_HOST=" + base, "GITLAB_TOKEN=" + secret}, reference: "env:GITLAB_TOKEN", sent: "me:" + secret},
		"git's helper": {source: base + "/acme/web.git", config: "[credential]\n\thelper = \"!cat $HOME/login #\"\n", reference: "git", sent: "helped:" + secret},
		"ours first":   {source: base + "/acme/web.git", config: "[credential \"" + base + "\"]\n\thelper = \"!touch $HOME/asked #\"\n", env: []string{"GITLAB_HOST=" + base, "GITLAB_TOKEN=" + secret}, reference: "env:GITLAB_TOKEN"},
		"none":         {source: base + "/acme/web.git", reference: "git", fails: true},
		"wrong":        {source: base + "/acme/web.git", env: []string{"GITLAB_HOST=" + base, "GITLAB_TOKEN=wrong-wrong"}, reference: "env:GITLAB_TOKEN", fails: true},
		"another host": {source: base + "/acme/web.git", env: []string{"GITLAB_HOST=h.example", "GITLAB_TOKEN=" + secret, "GITHUB_TOKEN=" + secret}, reference: "git", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := ParseSource(tc.source, Base{})
			if err != nil {
				t.Fatal(err)
			}
			repos, logins, err := Collect([]Source{s}, "")
			if err != nil {
				t.Fatal(err)
			}
			project := t.TempDir()
			if tc.dotenv != "" {
				write(t, filepath.Join(project, ".env"), tc.dotenv)
			}
			references, in := Handover(project, repos, Input{Logins: logins}, tc.env)
			if references[u.Host] != tc.reference {
				t.Errorf("reference %v; want %s", references, tc.reference)
			}
			data, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			r := newRunIn(t, project, CloneConfig{Repositories: repos, Credentials: references})
			if r.opts.Input, err = ParseInput(data); err != nil {
				t.Fatal(err)
			}
			home := lookup(r.opts.Environ, "HOME")
			write(t, filepath.Join(home, ".gitconfig"), tc.config)
			write(t, filepath.Join(home, "login"), "username=helped\npassword="+secret+"\n")
			state := r.must(t)
			if tc.fails {
				counts(t, state, 0, 0, 1)
				if f := state.Failures()[0]; f.Class != ClassAuth {
					t.Errorf("%+v", f)
				}
			} else {
				counts(t, state, 1, 0, 0)
			}
			if _, ok := sent.Load(tc.sent); tc.sent != "" && !ok {
				t.Errorf("%s was not sent", strings.ReplaceAll(tc.sent, secret, "SECRET"))
			}
			if _, err := os.Stat(filepath.Join(home, "asked")); err == nil {
				t.Error("a helper of the user was asked, too")
			}
			for _, f := range grep(t, project, secret) {
				if filepath.Base(f) != ".env" {
					t.Errorf("the secret is in %s", f)
				}
			}
		})
	}
}

func TestCredentialStaysWithItsHost(t *testing.T) {
	t.Parallel()
	base, sent := privateServer(t)
	u, _ := url.Parse(base)
	// A host that the token belongs to sends git elsewhere.
	evil := serve(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusFound)
		return true
	})
	e, _ := url.Parse(evil)
	r := newRun(t, of(t, evil+"/acme/web.git"))
	r.opts.Input = Input{
		Logins: map[string]Login{"http://" + e.Host + "/acme/web": {"me", secret}},
		Env:    map[string]string{"GITLAB_HOST": e.Host, "GITLAB_TOKEN": secret},
	}
	counts(t, r.must(t), 0, 0, 1)
	sent.Range(func(_, _ any) bool {
		t.Errorf("%s got a credential of %s", u.Host, e.Host)
		return false
	})

	c := NewCredentials(t.TempDir(), Input{}, []string{"GITHUB_TOKEN=" + secret, "PATH="})
	for host, want := range map[string]bool{"https github.com": true, "https github.com:443": true, "https github.com:8443": false, "https github.com.evil.example": false, "http github.com": false, "https gist.github.com": false} {
		protocol, h, _ := strings.Cut(host, " ")
		if _, ok := c.Login(t.Context(), protocol, h, "a/b"); ok != want {
			t.Errorf("%s: %v", host, ok)
		}
	}
}

func TestCredentialFromGH(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, filepath.Join(home, "gh/hosts.yml"), "ghe.example:\n    user: me\ngithub.com:\n    user: me\n")
	gh := filepath.Join(home, "bin/gh")
	write(t, gh, "#!/bin/sh\necho x >>"+home+"/asked\n[ \"$*\" = 'auth token --hostname ghe.example' ] && echo "+secret+"\n")
	if err := os.Chmod(gh, 0o755); err != nil {
		t.Fatal(err)
	}
	c := NewCredentials(home, Input{}, []string{"GH_CONFIG_DIR=" + filepath.Join(home, "gh"), "PATH=/bin:/usr/bin"})
	c.gh = gh
	if got := c.Reference("https://ghe.example/a/b"); got != "gh" {
		t.Error(got)
	}
	if _, err := os.Stat(filepath.Join(home, "asked")); err == nil {
		t.Error("gh was run too early")
	}
	for range 2 {
		if l, ok := c.Login(t.Context(), "https", "ghe.example", "a/b"); !ok || l.Password != secret {
			t.Errorf("%+v %v", l, ok)
		}
		if l, ok := c.Login(t.Context(), "https", "github.com", "a/b"); ok {
			t.Errorf("%+v", l)
		}
	}
	if data, _ := os.ReadFile(filepath.Join(home, "asked")); strings.Count(string(data), "x") != 2 {
		t.Errorf("gh was asked more than once a host: %q", data)
	}
	if got := c.Redactor().Redact("x " + secret + " y"); got != "x *** y" {
		t.Error(got)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	var r Redactor
	r.AddLogin(Login{"me", "p@ss/w rd"})
	for in, want := range map[string]string{
		"fatal: unable to access 'https://me:p@ss/w rd@h/a'": "fatal: unable to access 'https://***@h/a'",
		"p%40ss%2Fw%20rd and p%40ss%2Fw+rd":                  "*** and ***",
		"Authorization: Basic bWU6cEBzcy93IHJk":              "Authorization: Basic ***",
		"https://x:y@h/ ssh://git@h/ u:p@h":                  "https://***@h/ ssh://git@h/ ***@h",
		"https:/x@h http:x:y@h https:///x@h HTTPS:\\\\x@h":   "https:/***@h ***@h https:///***@h HTTPS:\\\\***@h",
		"(https://x@h) u:p/q@h u:p:q@h":                      "(https://***@h) ***@h ***@h",
		"ssh:/git@h ssh://ghp_abc@h ssh://git@h/@x":          "ssh:/***@h ssh://***@h ssh://***@x",
		"ghp_abc@h:a/b (glpat-x@h) /glpat-x@h glenn-smith@h": "***@h:a/b (***@h) /***@h glenn-smith@h",
		"git@github.com:a/b /srv/a@b jobs@latest @a":         "git@github.com:a/b /srv/a@b jobs@latest @a",
		"https://h/github_pat_0123456789abcdef/b":            "https://h/***/b",
		"gltf-sample-viewer-release gha_name":                "gltf-sample-viewer-release gha_name",
		"nothing":                                            "nothing",
	} {
		if got := r.Redact(in); got != want {
			t.Errorf("%q: %q; want %q", in, got, want)
		}
	}
}

func TestParseDotenv(t *testing.T) {
	t.Parallel()
	got := parseDotenv("# c\nGITHUB_TOKEN=a # note\nexport GH_TOKEN=\"b # c\"\r\n GITLAB_TOKEN = 'd' \nPATH=/evil\nADO_PAT=e=f\nbad\nJIRA_EMAIL=\n")
	for name, want := range map[string]string{"GITHUB_TOKEN": "a", "GH_TOKEN": "b # c", "GITLAB_TOKEN": "d", "ADO_PAT": "e=f", "PATH": "", "JIRA_EMAIL": ""} {
		if got[name] != want {
			t.Errorf("%s = %q; want %q", name, got[name], want)
		}
	}
}

// Nobody writes to the FIFO, so that opening it would never end.
func TestReadDotenvTypes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("file"), "GH_TOKEN=x\n")
	link(t, path("file"), path("link"))
	link(t, path("fifo"), path("link to fifo"))
	if err := exec.Command("mkfifo", path("fifo")).Run(); err != nil {
		t.Skip(err)
	}
	for name, want := range map[string]string{"file": "x", "link": "x", "fifo": "", "link to fifo": "", ".": "", "none": ""} {
		got := make(chan string)
		go func() { got <- readDotenv(path(name))["GH_TOKEN"] }()
		select {
		case s := <-got:
			if s != want {
				t.Errorf("%s: %q", name, s)
			}
		case <-time.After(time.Minute):
			t.Errorf("%s: still reading", name)
		}
	}
}
