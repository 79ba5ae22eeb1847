package jira_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/jira"
)

func TestAuthorize(t *testing.T) {
	personal := base64.StdEncoding.EncodeToString([]byte("034239476201:" + strings.Repeat("\xfe", 20)))
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, test := range []struct {
		host  string
		login workers.Login
		want  string
	}{
		{"acme.atlassian.net", workers.Login{Username: "ann@acme.test", Password: "ATATTx"}, basic("ann@acme.test:ATATTx")},
		{"acme.atlassian.net", workers.Login{Username: "ann@acme.test", Password: personal}, basic("ann@acme.test:" + personal)},
		{"jira.acme.test", workers.Login{Username: "ann@acme.test", Password: personal}, "Bearer " + personal},
		{"jira.acme.test", workers.Login{Username: "ann", Password: "secret"}, basic("ann:secret")},
		{"jira.acme.test", workers.Login{Password: "secret"}, "Bearer secret"},
		{"jira.acme.test", workers.Login{Username: "secret"}, "Bearer secret"},
		{"jira.acme.test", workers.Login{}, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "https://"+test.host+"/", nil)
		jira.Authorize(test.login)(r)
		if got := r.Header.Get("Authorization"); got != test.want {
			t.Errorf("%s, %v: got %q, want %q", test.host, test.login, got, test.want)
		}
	}
}
