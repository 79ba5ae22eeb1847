package workers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrackers(t *testing.T) {
	t.Parallel()
	c := CloneConfig{
		Servers: map[string]Kind{"git.test:3000": Gitea},
		Repositories: []Repository{
			{Owner: "acme", Name: "web", CloneURL: "https://github.com/acme/web.git"},
			{Owner: "acme", Name: "api", CloneURL: "https://github.com/acme/api"},
			{Owner: "acme/shop", Name: "a", CloneURL: "https://dev.azure.com/acme/shop/_git/a"},
			{Owner: "acme/shop", Name: "b", CloneURL: "https://dev.azure.com/acme/shop/_git/b"},
			{Owner: "group/sub", Name: "x", CloneURL: "https://gitlab.com/group/sub/x.git"},
			{Owner: "acme", Name: "tea", CloneURL: "http://git.test:3000/acme/tea.git"},
			{Owner: "acme", Name: "bucket", CloneURL: "https://bitbucket.org/acme/bucket.git"},
			{Owner: "acme", Name: "else", CloneURL: "https://elsewhere.test/acme/else.git"},
			{Owner: "acme", Name: "disk", CloneURL: "file:///srv/acme/disk.git"},
		},
	}
	want := []Tracker{
		{Gitea, "http://git.test:3000", []string{"acme/tea"}},
		{Azure, "https://dev.azure.com", []string{"acme/shop"}},
		{GitHub, "https://github.com", []string{"acme/web", "acme/api"}},
		{GitLab, "https://gitlab.com", []string{"group/sub/x"}},
	}
	if diff := cmp.Diff(want, c.Trackers()); diff != "" {
		t.Error(diff)
	}
}
