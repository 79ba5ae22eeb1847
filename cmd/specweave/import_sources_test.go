package main

import (
	"errors"
	"testing"

	"github.com/specweave/specweave/workers"
)

func TestParseItemURL(t *testing.T) {
	t.Parallel()
	env := map[string]string{"GH_HOST": "github.acme.test", "GITEA_URL": "https://elsewhere.test"}
	hosts := workers.Hosts{Getenv: func(name string) string { return env[name] }}
	for arg, want := range map[string]string{
		"https://github.com/acme/web/issues/7":                         "github acme/web 7 https://github.com https://api.github.com/",
		"https://github.com/acme/web/issues/7/#issuecomment-1":         "github acme/web 7 https://github.com https://api.github.com/",
		"https://acme.ghe.com/acme/web/issues/7":                       "github acme/web 7 https://acme.ghe.com https://api.acme.ghe.com/",
		"https://github.acme.test/acme/web/issues/7":                   "github acme/web 7 https://github.acme.test https://github.acme.test/api/v3/",
		"https://git.acme.test:3000/acme/web/issues/7":                 "gitea acme/web 7 https://git.acme.test:3000 https://git.acme.test:3000/api/v1/",
		"https://gitlab.com/acme/team/web/-/issues/7":                  "gitlab acme/team/web 7 https://gitlab.com https://gitlab.com/api/v4/",
		"https://gitlab.com/acme/web/-/work_items/7":                   "gitlab acme/web 7 https://gitlab.com https://gitlab.com/api/v4/",
		"https://acme.atlassian.net/browse/PROJ-7?focusedCommentId=1":  "jira PROJ PROJ-7 https://acme.atlassian.net https://acme.atlassian.net/",
		"https://jira.acme.test/browse/proj-7":                         "jira PROJ PROJ-7 https://jira.acme.test https://jira.acme.test/",
		"https://acme.test/jira/browse/PROJ-7":                         "jira PROJ PROJ-7 https://acme.test/jira https://acme.test/jira/",
		"https://dev.azure.com/acme/Big%20Project/_workitems/edit/12/": "ado acme/Big Project 12 https://dev.azure.com https://dev.azure.com/",
		"https://github.com/acme/web/pull/7":                           "a pull request, not an issue",
		"https://github.com/acme/web/pull/7/files":                     "a pull request, not an issue",
		"https://git.acme.test/acme/web/pulls/7":                       "a pull request, not an issue",
		"https://gitlab.com/acme/web/-/merge_requests/7":               "a pull request, not an issue",
		"https://dev.azure.com/acme/p/_git/r/pullrequest/7":            "a pull request, not an issue",
		"https://github.com/acme/web":                                  "not the URL of an issue or work item",
		"https://github.com/acme/web/pulls":                            "not the URL of an issue or work item",
		"ssh://github.com/acme/web/issues/7":                           "not an https URL",
	} {
		s, err := parseItemURL(arg, hosts)
		got := s.Platform + " " + s.Name + " " + s.Number + " " + s.Server + " " + s.API
		if err != nil {
			refused, ok := errors.AsType[*workers.InputError](err)
			if got = err.Error(); ok {
				got = refused.Reason
			}
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", arg, got, want)
		}
	}
}
