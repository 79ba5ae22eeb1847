package workers

import "testing"

func TestSameLocation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"https://github.com/acme/web", "https://github.com/acme/web.git/", true},
		{"https://github.com/acme/web", "git@github.com:Acme/Web.git", true},
		{"https://github.com/acme/web", "ssh://git@ssh.github.com:443/acme/web.git", true},
		{"https://github.com/acme/web", "http://github.com/acme/web", true},
		{"https://github.com/acme/web", "https://user:s3cret@github.com/acme/web", true},
		{"https://github.com/acme/web", "work:acme/web", true},
		{"https://github.com/acme/web", "https://gitlab.com/acme/web", false},
		{"https://github.com/acme/web", "https://github.com/acme/webs", false},
		{"https://github.com/acme/web", "/acme/web", false},
		{"https://dev.azure.com/o/p/_git/r", "git@ssh.dev.azure.com:v3/o/p/r", true},
		{"https://dev.azure.com/o/p/_git/r", "https://o.visualstudio.com/DefaultCollection/p/_git/r", true},
		{"https://dev.azure.com/o/p/_git/r", "https://dev.azure.com/o/q/_git/r", false},
		{"http://127.0.0.1:3000/a/b", "http://localhost:3000/a/b", true},
		{"http://127.0.0.1:3000/a/b", "http://localhost:3001/a/b", false},
		{"http://127.0.0.1:3000/a/b", "ssh://git@127.0.0.1:2222/a/b", true},
		{"file:///a/b", "/a/b", true},
		{"https://github.com/acme/web", "", false},
	} {
		a, b := parseLocation(test.a), parseLocation(test.b)
		if a.same(b) != test.want || b.same(a) != test.want {
			t.Errorf("%s, %s: %v; want %v", test.a, test.b, !test.want, test.want)
		}
	}
}
