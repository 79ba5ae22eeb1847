package workers

import (
	"fmt"
	"math/rand/v2"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed makes repositories of owner/name words on one host; a word may have
// its URL after an equals sign.
func listed(words ...string) []Listed {
	var all []Listed
	for _, w := range words {
		full, url, ok := strings.Cut(w, "=")
		if !ok {
			url = "https://git.example" + (&neturl.URL{Path: "/" + full}).EscapedPath() + ".git"
		}
		i := strings.LastIndexByte(full, '/')
		all = append(all, Listed{Owner: full[:i], Name: full[i+1:], CloneURL: url, SSHURL: "git@git.example:" + full + ".git", Size: -1})
	}
	return all
}

func TestArrange(t *testing.T) {
	t.Parallel()
	hash := func(p string) string { return "-" + short("git.example/"+p, 6) }
	for _, test := range []struct {
		name   string
		chosen []Listed
		there  map[string]string // path to remotes
		want   string            // paths in order, refused names after !
	}{
		{
			"plain", listed("acme/web", "acme/.github", "acme/-dash", "o/My Project/a b", "acme/größe"), nil,
			"acme/-dash acme/.github acme/größe acme/web o/My Project/a b",
		},
		{
			"not portable", listed("acme/con", "acme/nul.txt", "acme/a:b", "acme/dot.", "acme/.git", "acme/x.partial-1", "acme/100%", "acme/%3A", "p /r"), nil,
			"acme/%253A acme/%2Egit acme/%63on acme/%6Eul.txt acme/100% acme/a%3Ab acme/dot%2E acme/x%2Epartial-1 p%20/r",
		},
		{
			"dangerous", append(listed("acme/..=https://git.example/a/b", "acme/x=file:///etc", "acme/y=ext::sh -c id", "acme/z=/etc",
				"acme/w=git@git.example:a/b", "acme/v=", "../x=https://git.example/b/x", "acme/e\x1b[2J=https://git.example/a/e", "acme/ok"),
				Listed{Owner: "acme", Name: "../../x", CloneURL: "https://git.example/a/x"}, Listed{Owner: "acme", Name: "s/t", CloneURL: "https://git.example/a/t"}, Listed{Owner: "acme", Name: `..\x`, CloneURL: "https://git.example/a/y"}), nil,
			"acme/ok ! acme/.. acme/x acme/y acme/z acme/w acme/v ../x acme/e\x1b[2J acme/../../x acme/..\\x acme/s/t",
		},
		{"case", listed("acme/web", "acme/Web"), nil, "acme/Web acme/web" + hash("acme/web")},
		{
			"case, the second was there first", listed("acme/web", "acme/Web"),
			map[string]string{"acme/web": "https://git.example/acme/web.git"},
			"acme/Web" + hash("acme/Web") + " acme/web",
		},
		{
			"case, where the file system folds", listed("acme/web", "acme/Web"),
			map[string]string{"acme/web": "https://git.example/acme/web.git", "acme/Web": "https://git.example/acme/web.git"},
			"acme/Web" + hash("acme/Web") + " acme/web",
		},
		{"twice", append(listed("acme/web"), listed("acme/web")...), nil, "acme/web ! acme/web"},
		{
			"two hosts", listed("acme/web", "acme/web=https://other.example/acme/web"), nil,
			"acme/web acme/web-" + short("other.example/"+"acme/web", 6),
		},
		{
			"the second was there first", listed("acme/web", "acme/web=https://other.example/acme/web"),
			map[string]string{"acme/web": "https://other.example/acme/web.git"},
			"acme/web acme/web" + hash("acme/web"),
		},
		{
			"the first has gone", listed("acme/web"),
			map[string]string{"acme/web": "https://other.example/acme/web.git", "acme/web" + hash("acme/web"): "https://git.example/acme/web.git"},
			"acme/web" + hash("acme/web"),
		},
		{
			"all have gone but the second", listed("acme/web"),
			map[string]string{"acme/web" + hash("acme/web"): "https://git.example/acme/web.git"},
			"acme/web" + hash("acme/web"),
		},
		{"another's clone", listed("acme/web"), map[string]string{"acme/web": "https://other.example/acme/web.git"}, "acme/web" + hash("acme/web")},
		{"by ssh", listed("acme/web"), map[string]string{"acme/web": "git@git.example:ACME/web"}, "acme/web"},
		{"by a name of one's own", listed("acme/web"), map[string]string{"acme/web": "work:acme/web.git"}, "acme/web"},
		{"a fork with upstream", listed("acme/web"), map[string]string{"acme/web": "https://git.example/me/web https://git.example/acme/web"}, "acme/web"},
		{"enclosing", listed("acme/web/ui", "acme/web"), nil, "acme/web" + hash("acme/web") + " acme/web/ui"},
	} {
		layout := Layout{Into: ".", Remotes: func(p string) []string { return strings.Fields(test.there[p]) }}
		for range 20 { // the order of a listing does not matter
			sources, left := layout.Arrange(nil, test.chosen)
			var got []string
			for _, s := range sources {
				got = append(got, s.Path)
			}
			slices.Sort(got)
			want, refused, _ := strings.Cut(test.want, " ! ")
			if _, _, err := Collect(sources, "."); len(sources) > 0 && err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			var bad []string
			for _, l := range left {
				bad = append(bad, l.Owner+"/"+l.Name)
			}
			slices.Sort(bad)
			wantBad := slices.DeleteFunc(strings.Split(refused, " "), func(s string) bool { return s == "" })
			slices.Sort(wantBad)
			if strings.Join(got, " ") != want || !slices.Equal(bad, wantBad) {
				t.Errorf("%s: %q, refused %q; want %q", test.name, got, bad, test.want)
				break
			}
			rand.Shuffle(len(test.chosen), func(i, j int) { test.chosen[i], test.chosen[j] = test.chosen[j], test.chosen[i] })
		}
	}
}

// What a person named keeps its place, and is not cloned twice.
func TestArrangeFixed(t *testing.T) {
	t.Parallel()
	base := Base{Dir: "/"}
	var fixed []Source
	for _, s := range []string{"git@git.example:acme/web", "https://other.example/acme/api"} {
		src, err := ParseSource(s, base)
		if err != nil {
			t.Fatal(err)
		}
		fixed = append(fixed, src)
	}
	sources, left := Layout{}.Arrange(fixed, listed("acme/web", "acme/api"))
	if len(sources) != 1 || sources[0].Path != "repositories/acme/api-"+short("git.example/"+"acme/api", 6) {
		t.Error(sources)
	}
	if len(left) != 1 || left[0].Reason != ReasonTwice {
		t.Error(left)
	}
	if sources, left = (Layout{SSH: true}).Arrange(nil, append(listed("acme/web"), Listed{Owner: "acme", Name: "x", CloneURL: "https://h/a/x"})); len(sources) != 1 ||
		sources[0].CloneURL != "git@git.example:acme/web.git" || len(left) != 1 || left[0].Detail != "its host names no ssh URL" {
		t.Error(sources, left)
	}
}

// No two names become one segment, and each segment is one that Collect takes.
func FuzzPortable(f *testing.F) {
	for _, s := range []string{"con", "a:b", "%3A", "x.", " y", ".git", "git~1", "a.partial-0", "größe", strings.Repeat("ä", 150)} {
		f.Add(s, s+"%")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, why := portable(a)
		if why != "" {
			return
		}
		if reason := segmentReason(x); reason != "" || partial.MatchString(x) {
			t.Errorf("%q became %q: %s", a, x, reason)
		}
		if y, why := portable(b); why == "" && a != b && x == y {
			t.Errorf("%q and %q became %q", a, b, x)
		}
	})
}

func TestRemotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, line := range []string{
		"init -q a", "-C a remote add origin https://git.example/acme/web", "-C a remote add my.fork git@git.example:me/web",
		"init -q none", "clone -q --mirror a bare",
	} {
		cmd := exec.Command("git", strings.Fields(line)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", line, err, out)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a": "[https://git.example/acme/web git@git.example:me/web]", "none": "[]", "bare": "[" + filepath.Join(dir, "a") + "]", "empty": "[]", "missing": "[]",
	} {
		if got := fmt.Sprint(Remotes(filepath.Join(dir, name))); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}
