package rest

import (
	"net/http"
	"net/url"
	"testing"
)

func TestNext(t *testing.T) {
	for _, c := range []struct {
		header []string
		want   string
	}{
		{nil, ""},
		{[]string{`<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last"`}, "https://h/a?page=2"},
		{[]string{`<https://h/a?page=1>; rel="prev", <https://h/a?page=3>; rel="next"`}, "https://h/a?page=3"},
		{[]string{`<https://h/a?page=1>; rel="prev"`, `<https://h/a?page=3>; rel="next"`}, "https://h/a?page=3"},
		{[]string{`<https://h/a?page=9>; rel="last",<https://h/a?x=1,2;3&page=2>; title="a, b"; rel=next`}, "https://h/a?x=1,2;3&page=2"},
		{[]string{`</a?page=2>;REL="Last Next"`}, "/a?page=2"},
		{[]string{`<https://h/next>; rel="prev"; title="next"`}, ""},
		{[]string{`<https://h/a>`}, ""},
		{[]string{`>nonsense<; rel="next"`}, ""},
		{[]string{`<unfinished; rel="next"`}, ""},
		{[]string{`<https://h/a>; rel="nextprev"`}, ""},
	} {
		if got := Next(http.Header{"Link": c.header}); got != c.want {
			t.Errorf("%q: %q, want %q", c.header, got, c.want)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"acme", "..", ".", "a/b", "a?b#c", "%2e%2e", "", "ä ö", "a:b", `\`} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "host.test", Path: "/api/v1/"}
	f.Fuzz(func(t *testing.T, owner string) {
		u, err := base.Parse(Path("orgs", owner, "repos"))
		if err != nil {
			t.Fatal(err)
		}
		if u.Host != base.Host || u.Path != "/api/v1/orgs/"+owner+"/repos" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q leads to %s", owner, u)
		}
	})
}
