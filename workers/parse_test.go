package workers

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestParseSource(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][3]string{
		"acme/web":                                              {"acme", "web", "https://github.com/acme/web.git"},
		"acme/web.git":                                          {"acme", "web", "https://github.com/acme/web.git"},
		"https://github.com/acme/web":                           {"acme", "web", "https://github.com/acme/web"},
		"https://github.com/acme/web.git/":                      {"acme", "web", "https://github.com/acme/web.git"},
		"HTTPS://GitHub.com/Acme/Web":                           {"Acme", "Web", "https://github.com/Acme/Web"},
		"https://gitlab.com/group/sub/web.git":                  {"group/sub", "web", "https://gitlab.com/group/sub/web.git"},
		"http://127.0.0.1:8080/web.git":                         {"127.0.0.1", "web", "http://127.0.0.1:8080/web.git"},
		"http://[::1]:8080/web":                                 {"--1", "web", "http://[::1]:8080/web"},
		"https://dev.azure.com/org/proj/_git/repo":              {"org/proj", "repo", "https://dev.azure.com/org/proj/_git/repo"},
		"https://org@dev.azure.com/org/p%20q/_git/r":            {"org/p q", "r", "https://dev.azure.com/org/p%20q/_git/r"},
		"https://dev.azure.com/org/_git/repo":                   {"org/repo", "repo", "https://dev.azure.com/org/_git/repo"},
		"https://org.visualstudio.com/proj/_git/r":              {"org/proj", "r", "https://org.visualstudio.com/proj/_git/r"},
		"https://o.visualstudio.com/DefaultCollection/p/_git/r": {"o/p", "r", "https://o.visualstudio.com/DefaultCollection/p/_git/r"},
		"git@ssh.dev.azure.com:v3/org/proj/repo":                {"org/proj", "repo", "git@ssh.dev.azure.com:v3/org/proj/repo"},
		"org@vs-ssh.visualstudio.com:v3/org/proj/r":             {"org/proj", "r", "org@vs-ssh.visualstudio.com:v3/org/proj/r"},
		"git@github.com:acme/web.git":                           {"acme", "web", "git@github.com:acme/web.git"},
		"github.com:acme/web":                                   {"acme", "web", "github.com:acme/web"},
		"git@[::1]:acme/web":                                    {"acme", "web", "git@[::1]:acme/web"},
		"ssh://APKAEIBAERJR2EXAMPLE@h/acme/web":                 {"acme", "web", "ssh://APKAEIBAERJR2EXAMPLE@h/acme/web"},
		"glenn-smith@h:acme/web":                                {"acme", "web", "glenn-smith@h:acme/web"},
		"ssh://git@github.com:22/acme/web.git":                  {"acme", "web", "ssh://git@github.com:22/acme/web.git"},
		"git://example.com/acme/web":                            {"acme", "web", "git://example.com/acme/web"},
		"file:///srv/git/acme/web.git":                          {"acme", "web", "file:///srv/git/acme/web.git"},
		"file://localhost/srv/acme/w%20b.git":                   {"acme", "w b", "file:///srv/acme/w%20b.git"},
		"/srv/git/acme/web.git":                                 {"acme", "web", "/srv/git/acme/web.git"},
		"/srv/acme/web/.git":                                    {"acme", "web", "/srv/acme/web/.git"},
		"/web":                                                  {"local", "web", "/web"},
		"./web":                                                 {"here", "web", "/x/here/web"},
		"../web":                                                {"x", "web", "/x/web"},
		"~/src/web":                                             {"src", "web", "/home/me/src/web"},
		".":                                                     {"x", "here", "/x/here"},
		"https://bitbucket.org/ws/web":                          {"ws", "web", "https://bitbucket.org/ws/web"},
		"https://me@bitbucket.org/ws/web":                       {"ws", "web", "https://bitbucket.org/ws/web"},
	} {
		s, err := ParseSource(in, Base{Dir: "/x/here", Home: "/home/me"})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := [3]string{s.Owner, s.Name, s.CloneURL}; got != want || s.Login != (Login{}) {
			t.Errorf("%s: %q %+v; want %q", in, got, s.Login, want)
		}
	}
}

// A drive, a share and the root of the current drive are places; a device is
// none, and the current folder of a drive is another for each program.
func TestParseSourceOnWindows(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "windows" {
		t.Skip("there these are other names")
	}
	for in, want := range map[string]string{
		`C:\src\acme\web`:              "acme/web C:/src/acme/web",
		`c:/src/acme/web.git/`:         "acme/web c:/src/acme/web.git",
		`C:\web`:                       "local/web C:/web",
		`\\server\share\acme\web`:      "acme/web //server/share/acme/web",
		`//server/share/acme/web`:      "acme/web //server/share/acme/web",
		`\src\acme\web`:                "acme/web D:/src/acme/web",
		`..\acme\web`:                  "acme/web D:/x/acme/web",
		`~\src\web`:                    "src/web C:/Users/me/src/web",
		`file:///C:/src/acme/web`:      "acme/web file:///C:/src/acme/web",
		`\\?\C:\src\acme\web`:          "",
		`\\.\pipe\acme\web`:            "",
		`C:acme\web`:                   "",
		`file://server/share/acme/web`: "",
	} {
		s, err := ParseSource(in, Base{Dir: `D:\x\here`, Home: `C:\Users\me`})
		if got := s.Owner + "/" + s.Name + " " + s.CloneURL; err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseSourceLogin(t *testing.T) {
	t.Parallel()
	const secret = "ghp_0123456789abcdefghij"
	for in, want := range map[string]Login{
		"https://" + secret + "@github.com/a/b":             {secret, ""},
		"https://me:" + secret + "@github.com/a/b":          {"me", secret},
		"https://me:p%40ss%2Fword@github.com/a/b":           {"me", "p@ss/word"},
		"http://me@127.0.0.1:80/a/b":                        {"me", ""},
		"https://" + secret + "@dev.azure.com/org/p/_git/b": {secret, ""},
		"https://:" + secret + "@github.com/a/b":            {"", secret},
	} {
		s, err := ParseSource(in, Base{})
		if err != nil || s.Login != want {
			t.Errorf("%s: %+v, %v; want %+v", in, s.Login, err, want)
		}
		if strings.Contains(s.CloneURL+s.Given, secret) || strings.Contains(s.CloneURL, "@") || strings.Contains(s.Given, "p%40") {
			t.Errorf("%s: the secret stays in %q or %s", in, s.CloneURL, s.Given)
		}
	}
}

// refused are sources that are no sources. None of the errors may repeat s3cret.
var refused = map[string]string{
	"":                             "empty",
	"-uroot":                       "dash",
	"--upload-pack=x":              "dash",
	"ext::sh -c whoami":            "remote helper",
	"fd::17":                       "remote helper",
	"::x":                          "remote helper",
	"ftp://h/a/b":                  "transport ftp",
	"ext://h/a/b":                  "transport ext",
	"https://":                     "no host",
	"https:///a/b":                 "no host",
	"https://h":                    "malformed path",
	"https://h/a//b":               "malformed path",
	"https://-h/a/b":               "dash",
	"ssh://-oProxyCommand=x/a/b":   "dash",
	"ssh://-oProxyCommand=x@h/a/b": "dash",
	"-oProxyCommand=x:a/b":         "dash",
	"git@-oProxyCommand=x:a/b":     "dash",
	"git@h:-a":                     "no repository",
	"https://h/a/b?token=s3cret":   "query",
	"https://h/a/b#s3cret":         "fragment",
	"https://u:s3cret@h:port/a/b":  "malformed",
	"https://u:s3c/s3cret@h/a/b":   "malformed",
	"https://u:s3cret@/a/b":        "no host",
	"ssh://u:s3cret@h/a/b":         "password",
	"u:s3cret@h:a/b":               "password",
	"u:s3c/s3cret@h:a/b":           "password",
	"https:/u:s3cret@h/a":          "two slashes",
	"https:/s3cret@h/a/b":          "two slashes",
	"https:/h/a/b?token=s3cret":    "two slashes",
	`HTTPS:\\s3cret@h\a/b`:         "two slashes",
	"https:s3cret@h:a/b":           "password",
	"ssh://ghp_s3cret@h/a/b":       "token",
	"ssh://%67hp_s3cret@h/a/b":     "token",
	"git+ssh://glpat-s3cret@h/a/b": "token",
	"ghp_s3cret@github.com:a/b":    "token",
	"ATBBs3cret@bitbucket.org:a/b": "token",
	"https://github_pat_s3cret0123456789abcdef%40h/a/b": "malformed",
	"https://h/a/../b":       ". or ..",
	"https://h/%2e%2e/b":     ". or ..",
	"https://h/a%2Fb/c":      "malformed path",
	"https://h/a%5cb/c":      "holds one of",
	"https://h/a/b%0a":       "control",
	"https://h/a/%1b%5b2J":   "control",
	"https://h/a/\x1b[2J":    "control",
	"https://h/a/b\n":        "control",
	"https://h/a\x00/b":      "control",
	"https://h/a/\xff":       "control",
	"https://h/a/con":        "Windows",
	"https://h/a/Com1.txt":   "Windows",
	"https://h/a/b.":         "dot",
	"https://h/a/.git":       "",
	"a/..":                   ". or ..",
	"../..":                  "",
	"foo":                    "neither",
	"github.com/a/b":         "neither",
	"a/b c":                  "neither",
	"h/x:y":                  "neither",
	"file://host/a/b":        "no host",
	"file:///":               "no repository",
	" a/b":                   "space",
	"https://h/a/b\u202etxt": "control",
}

func TestParseSourceRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range refused {
		s, err := ParseSource(in, Base{Dir: "/"})
		var bad *InputError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", in, s, err, want)
			continue
		}
		if strings.Contains(err.Error(), "s3c") || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x202e }) {
			t.Errorf("%q: shown as %s", in, err)
		}
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a/b a/c":                       "",
		"a/b a/b":                       "same path",
		"a/b A/B":                       "same path",
		"a/b https://gitlab.com/a/b":    "same path",
		"https://h/a/b https://h/a/b/c": "into the path",
		"https://h/a/b/c https://h/a/b": "into the path",
	} {
		var sources []Source
		for _, s := range strings.Fields(in) {
			src, err := ParseSource(s, Base{})
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, src)
		}
		repos, _, err := Collect(sources, "")
		if want == "" {
			if err != nil || repos[0].Path != "repositories/a/b" || (CloneConfig{Repositories: repos}).Check() != nil {
				t.Errorf("%s: %+v, %v", in, repos, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", in, err, want)
		}
	}
	if _, _, err := Collect(nil, ""); err == nil || err.Error() != "no source given" {
		t.Error(err)
	}
	for into, want := range map[string]string{"": "repositories/o/n", ".": "o/n", "./x/": "x/o/n", "x/y": "x/y/o/n", "/x": "/x/o/n", "..": "../o/n", "/": "/o/n"} {
		if got := Target(into, "o", "n"); got != want {
			t.Errorf("Target(%q) = %q; want %q", into, got, want)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	c := CloneConfig{Repositories: []Repository{
		{Owner: "a", Name: "b", Path: "x"}, {Owner: "c", Name: "d", Path: "a/b"}, {Owner: "c", Name: "d", Path: "y"}, {Owner: "e", Name: "f", Path: "z"},
	}}
	if got := strings.Join(c.Items(), " "); got != "a/b ./a/b y e/f" {
		t.Error(got)
	}
}

func TestCheckPath(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"a", "a/b", "größe/ü", "a/.github", "a/b c", "a/console", "a/com10", "A/~x", "x/.specweave"} {
		if err := CheckPath(p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{
		"", "/a", "a//b", "a/", "../a", "a/..", "a/./b", `a\b`, "C:/x", "c:x", "a/NUL", "a/nul.txt", "a/aux .c", "a/LPT9", "a/com¹", "a/b.", "a/b ", " a/b",
		"a/b:c", "a/*", "a/.git", "a/.GIT/x", "a/git~1", ".specweave/x", ".SpecWeave", "a/b.partial-12", "a\x00b", "a/\u200bb", "a/\x7f", "a/\xff", strings.Repeat("a", 201), strings.Repeat("a/", 600) + "a",
	} {
		if err := CheckPath(p); err == nil {
			t.Errorf("%q passes", p)
		}
	}
}

func FuzzParseSource(f *testing.F) {
	for s := range refused {
		f.Add(s)
	}
	f.Add("https://u:p@github.com/acme/web.git")
	f.Add("git@github.com:acme/web.git")
	f.Fuzz(func(t *testing.T, s string) {
		src, err := ParseSource(s, Base{Dir: "/x", Home: "/h"})
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("shown as %q", err)
			}
			return
		}
		p := Target("", src.Owner, src.Name)
		if CheckPath(p) == nil && !filepath.IsLocal(p) {
			t.Errorf("%q leaves the project", p)
		}
		if strings.HasPrefix(src.CloneURL, "-") || checkCloneURL(src.CloneURL) != nil {
			t.Errorf("%q gives the URL %q: %v", s, src.CloneURL, checkCloneURL(src.CloneURL))
		}
	})
}

func FuzzCheckPath(f *testing.F) {
	for _, p := range []string{"a/b", "../a", "a/../../b", "/a", `..\a`, "C:/a", "a/.git", "a/\u2025"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if CheckPath(p) == nil && (!filepath.IsLocal(p) || filepath.Clean(p) != filepath.FromSlash(p)) {
			t.Errorf("%q passes", p)
		}
	})
}
