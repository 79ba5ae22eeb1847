package workers

import (
	"errors"
	"strings"
	"testing"
)

func TestParseCollection(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"github:acme":                   "github:acme https://github.com https://api.github.com/",
		"github:acme/":                  "github:acme https://github.com https://api.github.com/",
		"github:acme/*":                 "github:acme https://github.com https://api.github.com/",
		"github:acme/api-*":             "github:acme/api-* https://github.com https://api.github.com/",
		"github:acme/web":               "github:acme/web https://github.com https://api.github.com/",
		"acme/*":                        "github:acme https://github.com https://api.github.com/",
		"acme/prefix-*":                 "github:acme/prefix-* https://github.com https://api.github.com/",
		"acme/v?":                       "github:acme/v? https://github.com https://api.github.com/",
		"https://github.com/acme":       "github:acme https://github.com https://api.github.com/",
		"https://GitHub.com/acme/":      "github:acme https://github.com https://api.github.com/",
		"https://github.com/acme/api-*": "github:acme/api-* https://github.com https://api.github.com/",
		"https://github.com/orgs/acme":  "github:acme https://github.com https://api.github.com/",
		"https://github.com/orgs/acme/repositories": "github:acme https://github.com https://api.github.com/",
		"gitlab:group":                                     "gitlab:group https://gitlab.com https://gitlab.com/api/v4/",
		"gitlab:group/sub/api-*":                           "gitlab:group/sub/api-* https://gitlab.com https://gitlab.com/api/v4/",
		"gitlab:group/sub/other":                           "gitlab:group/sub/other https://gitlab.com https://gitlab.com/api/v4/",
		"https://gitlab.com/groups/a/b":                    "gitlab:a/b https://gitlab.com https://gitlab.com/api/v4/",
		"https://gitlab.com/group":                         "gitlab:group https://gitlab.com https://gitlab.com/api/v4/",
		"ado:org":                                          "ado:org https://dev.azure.com https://dev.azure.com/",
		"ado:org/My Project":                               "ado:org/My Project https://dev.azure.com https://dev.azure.com/",
		"ado:org/p/api-*":                                  "ado:org/p/api-* https://dev.azure.com https://dev.azure.com/",
		"ado:org/api-*":                                    "ado:org/api-* https://dev.azure.com https://dev.azure.com/",
		"https://dev.azure.com/org":                        "ado:org https://dev.azure.com https://dev.azure.com/",
		"https://org@dev.azure.com/org/p%20q":              "ado:org/p q https://dev.azure.com https://dev.azure.com/",
		"https://org.visualstudio.com":                     "ado:org https://dev.azure.com https://dev.azure.com/",
		"https://org.visualstudio.com/DefaultCollection/p": "ado:org/p https://dev.azure.com https://dev.azure.com/",
		"bitbucket:ws":                                     "bitbucket:ws https://bitbucket.org https://api.bitbucket.org/2.0/",
		"https://bitbucket.org/ws":                         "bitbucket:ws https://bitbucket.org https://api.bitbucket.org/2.0/",
		"https://codeberg.org/forgejo":                     "gitea:forgejo https://codeberg.org https://codeberg.org/api/v1/",

		// Everything else is read as it was.
		"acme/web":                           "",
		"https://github.com/acme/web":        "",
		"https://github.com/web.git":         "",
		"https://gitlab.com/group/web":       "",
		"https://dev.azure.com/org/p/_git/r": "",
		"https://example.org/acme":           "",
		"github.com:acme/web":                "",
		"git@github.com:acme/web":            "",
		"GitHub:acme/web":                    "",
		"git@github:acme/web":                "",
		"github://acme":                      "",
		"https://github.com":                 "",
		"https://github.com/acme?x":          "",
		"./*":                                "",
		"":                                   "",

		"github:":           "!not github:ORG",
		"github:../x":       "!not github:ORG",
		"github:acme/..":    "github:acme/.. https://github.com https://api.github.com/", // a name that nothing has
		"github:acme/a/b":   "!not github:ORG",
		"github:acme/[":     "!malformed glob",
		"gitlab:a//b":       "!not gitlab:GROUP",
		"gitlab:../../x":    "!not gitlab:GROUP",
		"gitlab:a?x=y":      "!not gitlab:GROUP",
		"ado:org/p/r/x":     "!not ado:ORG",
		"ado:a/b#c":         "!not ado:ORG",
		"gitea:acme":        "!--host",
		"github:u:s3cret@x": "!not github:ORG",
		"github:ghp_0123456789abcdefghij0123456789abcdef": "!token",
	} {
		c, login, ok, err := ParseCollection(in, Hosts{})
		if reason, bad := strings.CutPrefix(want, "!"); bad {
			var e *InputError
			if !ok || !errors.As(err, &e) || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q: %v, %v, %v; want %s", in, c, ok, err, reason)
			}
			continue
		}
		got := ""
		if ok {
			got = c.String() + " " + c.Server.String() + " " + c.API.String()
		}
		if err != nil || got != want || login != (Login{}) {
			t.Errorf("%q: %s, %+v, %v; want %s", in, got, login, err, want)
		}
	}
}

func TestParseCollectionHosts(t *testing.T) {
	t.Parallel()
	type vars = map[string]string
	for _, test := range []struct {
		in, host string
		env      vars
		want     string
	}{
		{"github:a", "git.corp", nil, "https://git.corp https://git.corp/api/v3/"},
		{"github:a", "https://git.corp:8443/", nil, "https://git.corp:8443/ https://git.corp:8443/api/v3/"},
		{"github:a", "acme.ghe.com", nil, "https://acme.ghe.com https://api.acme.ghe.com/"},
		{"github:a", "", vars{"GH_HOST": "git.corp"}, "https://git.corp https://git.corp/api/v3/"},
		{"github:a", "", vars{"GITHUB_API_URL": "https://api.github.com"}, "https://github.com https://api.github.com/"},
		{"github:a", "", vars{"GITHUB_API_URL": "https://git.corp/api/v3"}, "https://git.corp https://git.corp/api/v3/"},
		{"github:a", "other", vars{"GH_HOST": "git.corp", "GITHUB_API_URL": "https://git.corp/api/v3"}, "https://other https://other/api/v3/"},
		{"https://git.corp/a", "", vars{"GH_HOST": "git.corp"}, "https://git.corp https://git.corp/api/v3/"},
		{"https://github.com/a", "", vars{"GH_HOST": "git.corp"}, "https://github.com https://api.github.com/"},
		{"gitlab:a", "", vars{"GITLAB_HOST": "https://lab.corp/git"}, "https://lab.corp/git https://lab.corp/git/api/v4/"},
		{"gitlab:a", "127.0.0.1:8080", nil, "https://127.0.0.1:8080 https://127.0.0.1:8080/api/v4/"},
		{"gitea:a", "", vars{"GITEA_URL": "http://127.0.0.1:3000/"}, "http://127.0.0.1:3000/ http://127.0.0.1:3000/api/v1/"},
		{"ado:c/p", "", vars{"AZURE_DEVOPS_ORG_URL": "https://tfs.corp/tfs/c"}, "https://tfs.corp/tfs https://tfs.corp/tfs/"},
		{"ado:o", "", vars{"AZURE_DEVOPS_ORG_URL": "https://dev.azure.com/other"}, "https://dev.azure.com https://dev.azure.com/"},
		{"ado:o", "", vars{"AZURE_DEVOPS_ORG_URL": "https://o.visualstudio.com/"}, "https://dev.azure.com https://dev.azure.com/"},
		{"bitbucket:w", "stash.corp", nil, "!Data Center"},
		{"github:a", "git corp", nil, "!malformed host"},
		{"github:a", "ftp://x", nil, "!malformed host"},
		{"github:a", "https://u:s3cret@x", nil, "!malformed host"},
	} {
		c, _, ok, err := ParseCollection(test.in, Hosts{test.host, func(name string) string { return test.env[name] }})
		got := ""
		switch {
		case err != nil:
			got = "!" + err.Error()
		case ok:
			got = c.Server.String() + " " + c.API.String()
			if !Serves(c.Server, c.API) {
				t.Errorf("%s: not an API of %s", c.API, c.Server)
			}
		}
		reason, bad := strings.CutPrefix(test.want, "!")
		if got != test.want && (!bad || !strings.Contains(got, reason)) || strings.Contains(got, "s3cret") {
			t.Errorf("%s, %q, %v: %s; want %s", test.in, test.host, test.env, got, test.want)
		}
	}
}

// A token is looked for under the names of the server that --host gives, and
// of no other.
func TestHostsEnviron(t *testing.T) {
	t.Parallel()
	for _, test := range [][4]string{
		{"github:a", "git.corp", "git.corp", "corp"},
		{"github:a", "", "git.corp", ""},
		{"https://gitlab.com/a", "", "gitlab.com", ""},
		{"https://gitlab.com/a", "lab.corp", "gitlab.com", ""},
		{"gitlab:a", "lab.corp", "lab.corp", "lab"},
		{"gitlab:a", "", "elsewhere.corp", "lab"},
		{"gitea:a", "tea.corp", "tea.corp", "tea"},
		{"ado:a", "tfs.corp", "tfs.corp", "ado"},
	} {
		environ := []string{"GH_ENTERPRISE_TOKEN=corp", "GITLAB_TOKEN=lab", "GITLAB_HOST=elsewhere.corp", "GITEA_TOKEN=tea", "AZURE_DEVOPS_PAT=ado"}
		hosts := Hosts{test[1], func(name string) string { return lookup(environ, name) }}
		c, _, _, err := ParseCollection(test[0], hosts)
		if err != nil {
			t.Fatal(err)
		}
		creds := NewCredentials(t.TempDir(), Input{}, hosts.Environ(c, environ))
		if l, _ := creds.Login(t.Context(), "https", test[2], ""); l.Password != test[3] {
			t.Errorf("%v: %q", test, l.Password)
		}
	}
}

func FuzzParseCollection(f *testing.F) {
	for _, s := range []string{"github:acme/api-*", "gitlab:a/b/c", "ado:o/p q/*", "https://github.com/orgs/a", "a/*", "https://x@o.visualstudio.com/p", "gitea:a/[a-z]", "ado:0/0 /"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, _, ok, err := ParseCollection(s, Hosts{Getenv: func(name string) string {
			return map[string]string{"GITEA_URL": "https://tea.example"}[name]
		}})
		if !ok || err != nil {
			return
		}
		for segment := range strings.SplitSeq(c.Owner, "/") {
			if strings.Trim(segment, ".") == "" || strings.ContainsAny(segment, "%?#\\:@*\n") {
				t.Errorf("%q: owner %q", s, c.Owner)
			}
		}
		again, _, ok, err := ParseCollection(c.String(), Hosts{Host: c.Server.String()})
		if !ok || err != nil || again.Owner != c.Owner || again.Pattern != c.Pattern {
			t.Errorf("%q: %s reads as %+v, %v", s, c, again, err)
		}
	})
}
