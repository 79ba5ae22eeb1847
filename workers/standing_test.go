package workers

import (
	"strings"
	"testing"
)

// Over every standing there is: a work tree is moved only if it holds nothing of
// a person's and is behind; it is kept only for a reason.
func TestDecide(t *testing.T) {
	t.Parallel()
	seen := map[step]int{}
	for _, doing := range []string{"", "a merge"} {
		for _, branch := range []string{"", "main"} {
			for _, upstream := range []string{"", "refs/remotes/origin/main"} {
				for _, empty := range []bool{false, true} {
					for _, ahead := range []int{0, 1, 2} {
						for _, behind := range []int{0, 1} {
							for _, locked := range []bool{false, true} {
								for _, changes := range []int{0, 1, 2} {
									s := standing{doing, branch, upstream, empty, ahead, behind, locked, changes}
									step, why := s.decide()
									seen[step]++
									safe := doing == "" && branch != "" && upstream != "" && !empty && ahead == 0 && !locked && changes == 0
									if (step == forward) != (safe && behind > 0) {
										t.Errorf("%+v: forward %v", s, step == forward)
									}
									if (step == keep) != (why != "") {
										t.Errorf("%+v: %v because %q", s, step, why)
									}
								}
							}
						}
					}
				}
			}
		}
	}
	if len(seen) != 3 {
		t.Error(seen)
	}
}

func TestParseRemotes(t *testing.T) {
	t.Parallel()
	out := strings.Join([]string{
		"remote.up.stream.url\nhttps://h.example/acme/web", "remote.origin.url\ngit@h.example:acme/web.git", "remote.origin.url\nhttps://second.example/x",
		"remote.origin.fetch\n+refs/heads/*:refs/remotes/origin/*", "remote.m.mirror\ntrue", "remote.m.mirror", "remote..url\nx", "core.worktree\n/else\nwhere", "remote.", "", "junk",
	}, "\x00")
	all, worktree := parseRemotes(out)
	if len(all) != 3 || all[0].name != "up.stream" || all[1].url != "git@h.example:acme/web.git" || len(all[1].fetch) != 1 || !all[2].mirror || worktree != "/else\nwhere" {
		t.Errorf("%+v %q", all, worktree)
	}
	if r, ok := from(all, "https://h.example/acme/web.git"); !ok || r.name != "origin" {
		t.Errorf("%+v", r)
	}
	if r, ok := from(all, "https://second.example/x"); ok {
		t.Errorf("%+v", r)
	}
}

func TestSameRepository(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"https://h.example/acme/web", "https://H.example/acme/web.git/"},
		{"http://h.example/acme/web", "https://h.example/acme/web"},
		{"https://user:pass@h.example/acme/web", "https://h.example/acme/web"},
		{"git@h.example:acme/web.git", "https://h.example/acme/web"},
		{"ssh://git@h.example:22/acme/web.git", "git@h.example:/acme/web"},
		{"/srv/acme/web.git", "/srv/acme/web"},
	} {
		if !parseLocation(pair[0]).identical(parseLocation(pair[1])) {
			t.Errorf("%q are two", pair)
		}
	}
	for _, pair := range [][2]string{
		{"https://h.example/acme/web", "https://h.example/acme/api"},
		{"https://h.example/acme/web", "https://other.example/acme/web"},
		{"https://h.example:8443/acme/web", "https://h.example/acme/web"},
		{"git@other.example:acme/web.git", "https://h.example/acme/web"},
		{"/srv/acme/web", "/home/acme/web"},
		{"/srv/acme/web", "https://h.example/acme/web"},
		{"", "https://h.example/acme/web"},
		{"", "/srv"},
		{"ext::sh -c x", "https://h.example/acme/web"},
	} {
		if parseLocation(pair[0]).identical(parseLocation(pair[1])) {
			t.Errorf("%q are one", pair)
		}
	}
}

func TestWritesBranches(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]bool{
		"+refs/heads/*:refs/remotes/origin/*": false, "refs/heads/main:refs/remotes/origin/main": false, "^refs/heads/x": false, "+refs/pull/*/head:refs/remotes/pr/*": false,
		"refs/tags/*:refs/tags/*": false, "HEAD": false, "main:": false,
		"+refs/*:refs/*": true, "+refs/heads/*:refs/heads/*": true, "refs/heads/main:refs/heads/main": true, "main:main": true, "x:refs/h*": true, "a:*": true,
	} {
		if got := writesBranches(spec); got != want {
			t.Errorf("%s: %v", spec, got)
		}
	}
}
