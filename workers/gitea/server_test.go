package gitea_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/rest"
)

// server returns a Lister of the Gitea that listertest/with-gitea runs, for
// whoever has the token.
func server(t *testing.T, token string) workers.Lister {
	t.Helper()
	base, err := url.Parse(os.Getenv("GITEA_URL") + "/api/v1/")
	if err != nil {
		t.Fatal(err)
	}
	var authorize func(*http.Request)
	if token != "" {
		authorize = gitea.Authorize(workers.Login{Password: token})
	}
	return gitea.New(rest.New(rest.Options{Base: base, Authorize: authorize}))
}

// TestServer lists what a real Gitea holds.
func TestServer(t *testing.T) {
	if os.Getenv("RIG_REPOSITORIES") == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	held, err := os.ReadDir(os.Getenv("RIG_REPOSITORIES") + "/acme")
	if err != nil {
		t.Fatal(err)
	}
	reader := os.Getenv("GITEA_TOKEN")
	list := func(token, owner string) (map[string]workers.Listed, workers.Listing, error) {
		all := make(map[string]workers.Listed)
		sum, err := workers.ListAll(t.Context(), server(t, token), owner, func(l workers.Listed) error {
			all[l.Name] = l
			return nil
		})
		return all, sum, err
	}

	all, sum, err := list(reader, "acme")
	if err != nil || sum.Listed != len(held) || sum.Total != len(held) || sum.Hidden != 0 {
		t.Fatalf("listed %+v of the %d on disk, %v", sum, len(held), err)
	}
	private := 0
	for _, d := range held {
		name := strings.TrimSuffix(d.Name(), ".git")
		l, ok := all[name]
		if !ok {
			t.Errorf("%s was not listed", name)
			continue
		}
		if l.Visibility == "private" {
			private++
		}
		if l.Owner != "acme" || !strings.HasSuffix(l.CloneURL, "/acme/"+name+".git") || l.Size <= 0 || l.PushedAt.IsZero() {
			t.Errorf("%s: %+v", name, l)
		}
		if l.Archived != (name == "archived") || l.Fork != (name == "fork") || l.Empty != (name == "empty") {
			t.Errorf("%s: archived %v, fork %v, empty %v", name, l.Archived, l.Fork, l.Empty)
		}
	}
	if private == 0 {
		t.Error("none is private")
	}

	// The server counts what it hides from a stranger, and not what it hides from everybody.
	for name, token := range map[string]string{"stranger": os.Getenv("RIG_STRANGER_TOKEN"), "nobody": ""} {
		some, sum, err := list(token, "acme")
		if err != nil || sum.Listed != len(held)-private || sum.Total != sum.Listed {
			t.Errorf("%s: %+v, %v; want %d", name, sum, err, len(held)-private)
		}
		if hidden := private; name == "stranger" && sum.Hidden != hidden {
			t.Errorf("%s: %d hidden, want %d", name, sum.Hidden, hidden)
		}
		for _, l := range some {
			if l.Visibility != "public" {
				t.Errorf("%s sees %+v", name, l)
			}
		}
	}

	if some, _, err := list(reader, "boss"); err != nil || len(some) != 1 {
		t.Errorf("a user: %v, %v", some, err)
	}
	if some, sum, err := list(reader, "void"); err != nil || len(some) != 0 || sum.Total != 0 {
		t.Errorf("an empty organisation: %v, %+v, %v", some, sum, err)
	}
	for _, test := range []struct{ token, owner, class, need string }{
		{reader, "nobody", workers.ClassNotFound, ""},
		{os.Getenv("RIG_NARROW_TOKEN"), "acme", workers.ClassAuth, "read:organization"},
		{os.Getenv("RIG_REVOKED_TOKEN"), "acme", workers.ClassAuth, ""},
	} {
		_, _, err := list(test.token, test.owner)
		status, ok := errors.AsType[*rest.StatusError](err)
		if !ok || workers.ClassOf(err) != test.class || status.Need != test.need {
			t.Errorf("%s: %v; want class %s, and %q needed", test.owner, err, test.class, test.need)
		}
	}
}
