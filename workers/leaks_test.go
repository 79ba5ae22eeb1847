package workers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithoutLogin(t *testing.T) {
	t.Parallel()
	const long = "abcdefghijklmnopqrstuvwxyz234567"
	for in, want := range map[string]string{ // "" for no leak
		"https://github.com/a/b.git":                        "",
		"https://me:pw@github.com/a/b.git":                  "https://github.com/a/b.git",
		"https://:pw@h/a":                                   "https://h/a",
		"https://" + long + "@dev.azure.com/o/p/_git/r":     "https://dev.azure.com/o/p/_git/r",
		"https://ghp_x@github.com/a/b?x=1#y":                "https://github.com/a/b?x=1#y",
		"https://x-access-token:ghs_abc@github.com:443/%41": "https://github.com:443/%41",
		"https://a%3Ab@h/a":                                 "",
		"https://me:p@ss@h/a":                               "https://h/a",
		"https://me@h/a":                                    "",
		"https://org@dev.azure.com/org/p/_git/r":            "",
		"https://h/@scope/pkg":                              "",
		"HTTP://u:p@h":                                      "HTTP://h",
		"ssh://git@h/a":                                     "",
		"ssh://git:pw@h/a":                                  "ssh://git@h/a",
		"ssh://ghp_abc@h/a":                                 "ssh://h/a",
		"ssh://ghp_abc:x@h/a":                               "ssh://h/a",
		"ssh://APKAEIBAERJR2EXAMPLE@h/a":                    "",
		"ghp_abc@github.com:a/b":                            "github.com:a/b",
		"git@github.com:a/b":                                "",
		"file:///a@b":                                       "",
		"/srv/a@b":                                          "",
		"":                                                  "",
	} {
		clean := want
		if want == "" {
			clean = in
		}
		got, leaked := WithoutLogin(in)
		if got != clean || leaked != (want != "") {
			t.Errorf("%s: %s %v", in, got, leaked)
		}
		if again, leaked := WithoutLogin(got); again != got || leaked {
			t.Errorf("%s: still %s", got, again)
		}
	}
}

func TestWithoutSecret(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"token", "x", ""},
		{"apiToken", "x", ""},
		{"pat", "x", ""},
		{"githubToken", "x", ""},
		{"cloneUrl", "https://a:b@h/c", "https://h/c"},
		{"CLONEURL", "https://a:b@h/c", "https://h/c"},
		{"cloneUrl", "ghp_abc@h:c", "h:c"},
		{"Token", "x", ""},
		{"cloneUrl", "https://h/c", "https://h/c"},
		{"email", "a@b", "a@b"},
		{"patch", "x", "x"},
	} {
		if got := WithoutSecret(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s %s: %s", tt[0], tt[1], got)
		}
	}
}

func TestRepositoriesOf(t *testing.T) {
	t.Parallel()
	got := RepositoriesOf([]byte(`{"depth":"deep","repositories":[{"path":"repositories/a/b"},{"path":"../x"},{"path":"/etc"},{}]}`))
	if d := cmp.Diff([]Repository{{Path: "repositories/a/b"}}, got); d != "" {
		t.Error(d)
	}
	if got := RepositoriesOf(nil); len(got) > 0 {
		t.Error(got)
	}
}

func TestRemoteLeaks(t *testing.T) {
	t.Parallel()
	found, err := FindGit(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	project, outside := t.TempDir(), t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1"}
	leaky := "https://me:" + secret + "@h.example/a/b"
	repo := func(dir string, bareOption string, urls ...string) string {
		git(t, "", strings.Fields("init -q "+bareOption+" "+dir)...)
		for _, u := range urls {
			git(t, dir, "config", "--add", "remote.origin.url", u)
		}
		return dir
	}
	repo(filepath.Join(project, "r/leaky"), "", "https://h.example/first", leaky, "https://me@h.example/third")
	git(t, filepath.Join(project, "r/leaky"), "config", "remote.Other.pushurl", leaky)
	git(t, filepath.Join(project, "r/leaky"), "config", "user.email", "me@h.example")
	repo(filepath.Join(project, "r/bare"), "--bare", leaky)
	repo(filepath.Join(project, "r/clean"), "", "ssh://git@h.example/a/b")
	repo(filepath.Join(project, "r/none"), "")
	write(t, filepath.Join(project, "r/none/.git/config"), "# @\n")
	repo(filepath.Join(outside, "repo"), "", leaky)
	link(t, filepath.Join(outside, "repo"), filepath.Join(project, "r/link"))
	write(t, filepath.Join(project, "r/worktree/.git"), "gitdir: "+filepath.Join(outside, "repo/.git"))
	repo(filepath.Join(project, "r/linked"), "")
	if err := os.Remove(filepath.Join(project, "r/linked/.git/config")); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(outside, "repo/.git/config"), filepath.Join(project, "r/linked/.git/config"))
	var repos []Repository
	for _, name := range []string{"leaky", "bare", "clean", "none", "link", "worktree", "linked", "missing"} {
		repos = append(repos, Repository{Path: "r/" + name})
	}
	leaks, err := found.FindRemoteLeaks(t.Context(), project, repos, env)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, l := range leaks {
		got[l.Path] = l.Keys
	}
	want := map[string][]string{"r/leaky": {"remote.origin.url", "remote.Other.pushurl"}, "r/bare": {"remote.origin.url"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	for _, l := range leaks {
		if err := found.CleanRemotes(t.Context(), l, env); err != nil {
			t.Error(err)
		}
	}
	if files := grep(t, project, secret); len(files) != 0 {
		t.Errorf("the secret is in %v", files)
	}
	urls := git(t, filepath.Join(project, "r/leaky"), "config", "--get-all", "remote.origin.url")
	if urls != "https://h.example/first\nhttps://h.example/a/b\nhttps://me@h.example/third" {
		t.Error(urls)
	}
	if files := grep(t, outside, secret); len(files) == 0 {
		t.Error("a link was followed")
	}
	if leaks, err := found.FindRemoteLeaks(t.Context(), project, repos, env); len(leaks) != 0 || err != nil {
		t.Errorf("%v %v", leaks, err)
	}
}
