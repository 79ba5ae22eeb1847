package workers

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func repository(owner, name string) Repository {
	return Repository{Owner: owner, Name: name, Path: "repositories/" + owner + "/" + name, CloneURL: "https://github.com/" + owner + "/" + name + ".git"}
}

func TestEnrol(t *testing.T) {
	t.Parallel()
	web, api := repository("acme", "web"), repository("acme", "api")
	const (
		webEntry = `"id": "web", "path": "repositories/acme/web", "name": "web", "prefix": "WEB"`
		webSync  = `"sync": {"github": {"owner": "acme", "repo": "web"}}`
		webChild = `"team": "web", "clonedAt": "2026-01-02T12:00:00.000Z", "status": "cloned", "githubUrl": "https://github.com/acme/web"`
	)
	for name, tc := range map[string]struct {
		text string
		job  []Repository
		want string
		n    int
	}{
		"no file": {
			job: []Repository{web}, n: 1,
			want: `{
  "umbrella": {
    "enabled": true,
    "childRepos": [
      {
        "id": "web",
        "path": "repositories/acme/web",
        "name": "web",
        "prefix": "WEB",
        "team": "web",
        "clonedAt": "2026-01-02T12:00:00.000Z",
        "status": "cloned",
        "githubUrl": "https://github.com/acme/web",
        "sync": {
          "github": {
            "owner": "acme",
            "repo": "web"
          }
        }
      }
    ],
    "detectedFrom": "clone-job",
    "detectedAt": "2026-01-02T12:00:00.000Z"
  }
}`,
		},
		"workspace": {
			text: `{
  "version": "3.0",
  "workspace": {
    "name": "p1",
    "repos": []
  },
  "later": [1.0,2e3]
}
`,
			job: []Repository{web}, n: 1,
			want: `{
  "version": "3.0",
  "workspace": {
    "name": "p1",
    "repos": [
      {
        "id": "web",
        "path": "repositories/acme/web",
        "name": "web",
        "prefix": "WEB",
        "sync": {
          "github": {
            "owner": "acme",
            "repo": "web"
          }
        }
      }
    ]
  },
  "later": [1.0,2e3]
}
`,
		},
		"tabs and carriage returns": {
			text: "{\r\n\t\"workspace\": {\"repos\": [\r\n\t\t{\"id\": 7}\r\n\t]}, \"umbrella\": 1\r\n}\r\n",
			job:  []Repository{{Owner: "a", Name: "b-api", Path: "x", CloneURL: "/r"}}, n: 1,
			want: "{\r\n\t\"workspace\": {\"repos\": [\r\n\t\t{\"id\": 7},\r\n\t\t{\r\n\t\t\t\"id\": \"b-api\",\r\n\t\t\t\"path\": \"x\",\r\n\t\t\t\"name\": \"b-api\",\r\n\t\t\t\"prefix\": \"BAP\"\r\n\t\t}\r\n\t]}, \"umbrella\": 1\r\n}\r\n",
		},
		"one line": {
			text: `{"a":1,"umbrella":{"enabled":false,"parentRepo":"x","childRepos":[{"id":"old","prefix":"WEB"}],"sync":{}}}`,
			job:  []Repository{web}, n: 1,
			want: `{"a":1,"umbrella":{"enabled":false,"parentRepo":"x","childRepos":[{"id":"old","prefix":"WEB"},` +
				compact(`{`+strings.Replace(webEntry, `"WEB"`, `"WE2"`, 1)+`,`+webChild+`,`+webSync+`}`) + `],"sync":{}}}`,
		},
		"umbrella without a list": {
			text: `{"umbrella":{"projectName":"x","childRepos":null}}`, job: []Repository{web}, n: 1,
			want: `{"umbrella":{"projectName":"x","childRepos":[` + compact(`{`+webEntry+`,`+webChild+`,`+webSync+`}`) + `]}}`,
		},
		"there already, however it is written": {
			text: `{"workspace":{"repos":[{"path":"./repositories/acme/web/"},{"path":"/project/repositories\\ACME\\api"}]}}`,
			job:  []Repository{web, api},
			want: `{"workspace":{"repos":[{"path":"./repositories/acme/web/"},{"path":"/project/repositories\\ACME\\api"}]}}`,
		},
		"an entry that waits for its repository": {
			text: `{"workspace":{"repos":[{"id":"api","prefix":"BE"},{"id":"web","path":"","prefix":"FE","x":{}}]}}`,
			job:  []Repository{web, api}, n: 2,
			want: `{"workspace":{"repos":[{"id":"api","prefix":"BE","path":"repositories/acme/api"},{"id":"web","path":"repositories/acme/web","prefix":"FE","x":{}}]}}`,
		},
		"the last of two keys counts": {
			text: `{"workspace":{"repos":[{"path":"repositories/acme/web"}]},"workspace":{"repos":[{"path":"repositories/acme/api"}]}}`,
			job:  []Repository{api},
			want: `{"workspace":{"repos":[{"path":"repositories/acme/web"}]},"workspace":{"repos":[{"path":"repositories/acme/api"}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text []byte
			if tc.text != "" {
				text = []byte(tc.text)
			}
			got, n, err := enrol(text, "/project", newMembers(tc.job, nil), tc.job, noon)
			if err != nil || n != tc.n || string(got) != tc.want {
				t.Errorf("%d, %v:\n%s\nwant %d:\n%s", n, err, got, tc.n, tc.want)
			}
			if again, n, err := enrol(got, "/project", newMembers(tc.job, nil), tc.job, noon); err != nil || n != 0 || string(again) != string(got) {
				t.Errorf("again: %d, %v:\n%s", n, err, again)
			}
		})
	}
}

func compact(text string) string {
	b, _ := marshal(json.RawMessage(text))
	return string(b)
}

func TestEnrolRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "offset 0",
		`{"a": 1`:                          "offset 7",
		`[]`:                               "no JSON object",
		"\uFEFF{}":                         "offset 0",
		`{} {}`:                            "offset 3",
		`{"workspace": []}`:                "workspace in it is no object",
		`{"workspace": "x"}`:               "workspace in it is no object",
		`{"workspace": {"repos": {}}}`:     "workspace.repos in it is no array",
		`{"umbrella": {"childRepos": ""}}`: "umbrella.childRepos in it is no array",
	} {
		got, n, err := enrol([]byte(text), "/project", newMembers(nil, nil), []Repository{repository("acme", "web")}, noon)
		if err == nil || !strings.Contains(err.Error(), want) || n != 0 || got != nil {
			t.Errorf("%s: %s, %d, %v; want %q", text, got, n, err, want)
		}
	}
}

// The ids of repositories with one name differ, and depend on nothing but the
// job and what the list has.
func TestMemberIDs(t *testing.T) {
	t.Parallel()
	job := []Repository{
		repository("acme", "web"), repository("other", "Web"), repository("acme", "api"),
		repository("a-b", "c"), repository("a", "b-c"), repository("x/y", "c"),
		{Owner: "g/h", Name: "api", Path: "elsewhere"},
	}
	want := []string{"acme-web", "other-Web", "acme-api", "a-b-c", "b-c", "x-y-c", "g-h-api"}
	m := newMembers(job, nil)
	for i, r := range job {
		if e := m.add(r); e.ID != want[i] {
			t.Errorf("%s/%s: %s, want %s", r.Owner, r.Name, e.ID, want[i])
		}
	}
	// A later job: its own are not among themselves ambiguous, but taken.
	for _, tc := range []struct{ owner, name, want string }{
		{"new", "web", "web"}, {"b", "c", "c"}, {"a", "B-C", "a-B-C-e392647d"},
	} {
		r := repository(tc.owner, tc.name)
		later := newMembers([]Repository{r}, nil)
		for _, id := range want {
			later.take(id, "")
		}
		if id := later.id(r); id != tc.want {
			t.Errorf("%s/%s: %s, want %s", tc.owner, tc.name, id, tc.want)
		}
	}
}

func TestMemberPrefixes(t *testing.T) {
	t.Parallel()
	m := newMembers(nil, nil)
	m.take("x", "api")
	for _, tc := range []struct{ name, want string }{
		{"web", "WEB"},
		{"web", "WE2"},
		{"web", "WE3"},
		{"api-gateway", "APIG"},
		{"api-gate", "APIGA"},
		{"-dash", "DAS"},
		{"7", "REP"},
		{"größe", "GRE"},
		{"日本", "REPO"},
		{"k8", "RE2"},
		{"go", "GO"},
	} {
		p := m.prefix(tc.name)
		m.take(tc.name, p)
		if p != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, p, tc.want)
		}
	}
}

func TestSyncTarget(t *testing.T) {
	t.Parallel()
	servers := map[string]Kind{"git.acme.test": GitLab, "gitea.acme.test:3000": Gitea, "github.example.com": GitHub}
	for url, want := range map[string]string{
		"https://github.com/acme/web.git":                    `{"github":{"owner":"acme","repo":"web"}}`,
		"git@github.com:acme/web":                            `{"github":{"owner":"acme","repo":"web"}}`,
		"ssh://git@github.com/acme/web.git":                  `{"github":{"owner":"acme","repo":"web"}}`,
		"https://dev.azure.com/org/My%20Project/_git/web":    `{"ado":{"organization":"org","project":"My Project"}}`,
		"git@ssh.dev.azure.com:v3/org/project/web":           `{"ado":{"organization":"org","project":"project"}}`,
		"https://github.example.com/acme/web.git":            `null`,
		"https://example.com/https://github.com/acme/web":    `null`,
		"https://gitlab.com/acme/Team/web.git":               `{"gitlab":{"owner":"acme/Team","repo":"web"}}`,
		"git@gitlab.com:acme/web.git":                        `{"gitlab":{"owner":"acme","repo":"web"}}`,
		"https://gitlab.com:8443/acme/web.git":               `null`,
		"https://gitlab.com/web":                             `null`,
		"https://git.acme.test/acme/web.git":                 `{"gitlab":{"host":"https://git.acme.test","owner":"acme","repo":"web"}}`,
		"http://gitea.acme.test:3000/acme/web":               `{"gitea":{"host":"http://gitea.acme.test:3000","owner":"acme","repo":"web"}}`,
		"http://gitea.acme.test/acme/web":                    `null`,
		"ssh://git@git.acme.test/acme/web.git":               `null`,
		"/srv/github.com/acme/web":                           `null`,
		"https://dev.azure.com.example/org/project/_git/web": `null`,
	} {
		if got, err := marshal(target(url, servers)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", url, got, err, want)
		}
	}
}

// Whatever a config.json holds, it stays what it was but for the list, and is
// complete after one time.
func FuzzEnrol(f *testing.F) {
	for _, text := range []string{
		`{}`, ` {"a":[1,{"b":null}],"workspace":{"repos":[{"id":"web"}]}}`, `{"umbrella":{"enabled":true}}`,
		"{\n\t\"workspace\" : { \"repos\" : [ ] , \"\\u0061\":\"\xff\" }\n}\n", `{"workspace":null,"umbrella":null}`,
	} {
		f.Add(text)
	}
	there := []Repository{repository("acme", "web"), repository("other", "web")}
	f.Fuzz(func(t *testing.T, text string) {
		got, n, err := enrol([]byte(text), "/project", newMembers(there, nil), there, noon)
		if err != nil {
			return
		}
		var before, after map[string]any
		if json.Unmarshal([]byte(text), &before) != nil || json.Unmarshal(got, &after) != nil {
			t.Fatalf("%q became %q", text, got)
		}
		_, again, err := enrol(got, "/project", newMembers(there, nil), there, noon)
		if again != 0 || err != nil {
			t.Errorf("%q became %q, and lacks %d of %d: %v", text, got, again, n, err)
		}
		for _, all := range []map[string]any{before, after} {
			for section, list := range map[string]string{"workspace": "repos", "umbrella": "childRepos"} {
				if o, ok := all[section].(map[string]any); ok {
					delete(o, list)
				}
			}
		}
		if before["umbrella"] == nil { // made
			delete(before, "umbrella")
			delete(after, "umbrella")
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
