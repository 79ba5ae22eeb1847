package rest

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   refusal
	}{
		"nothing":        {head(), "", refusal{}},
		"github":         {head(), `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`, refusal{"Bad credentials", ""}},
		"github, scope":  {head("X-OAuth-Scopes", "gist", "X-Accepted-OAuth-Scopes", "admin:org, read:org"), `{"message":"Must have admin rights to Repository."}`, refusal{"Must have admin rights to Repository.", "admin:org or read:org"}},
		"github, has it": {head("X-OAuth-Scopes", "repo, read:org", "X-Accepted-OAuth-Scopes", "admin:org, repo"), `{"message":"Not Found"}`, refusal{"Not Found", ""}},
		"github, sso": {
			head("X-GitHub-SSO", "required; url=https://github.com/orgs/acme/sso?authorization_request=A1", "X-Accepted-OAuth-Scopes", "repo"),
			`{"message":"Resource protected by organization SAML enforcement."}`,
			refusal{"Resource protected by organization SAML enforcement.", "the token to be authorized for SAML single sign-on at https://github.com/orgs/acme/sso?authorization_request=A1"},
		},
		"github, fine-grained": {head("X-Accepted-GitHub-Permissions", "metadata=read"), `{"message":"Resource not accessible by personal access token"}`, refusal{"Resource not accessible by personal access token", "permission metadata=read"}},
		"github, search": {
			head(), `{"message":"Validation Failed","errors":[{"resource":"Search","field":"q","code":"invalid"},{"message":"The search is longer than 256 characters.","code":"invalid"}]}`,
			refusal{"Validation Failed: The search is longer than 256 characters.", ""},
		},
		"jira, fields":    {head(), `{"errorMessages":[],"errors":{"b":"too long","a":"unknown"}}`, refusal{"a: unknown; b: too long", ""}},
		"gitlab":          {head(), `{"message":"404 Group Not Found"}`, refusal{"404 Group Not Found", ""}},
		"gitlab, scope":   {head(), `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`, refusal{"The request requires higher privileges than provided by the access token.", "api read_api"}},
		"gitlab, expired": {head(), `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`, refusal{"Token is expired. You can either do re-authorization or token refresh.", ""}},
		"gitlab, fields":  {head(), `{"message":{"name":["is too long"]}}`, refusal{"", ""}},
		"gitlab, limit":   {head(), "Retry later\n", refusal{"Retry later", ""}},
		"bearer":          {head("WWW-Authenticate", `Bearer realm="x", error="insufficient_scope", scope="read_api"`), "", refusal{"", "read_api"}},
		"gitea": {
			head(), `{"message":"token does not have at least one of required scope(s), required=[read:organization], token scope=read:issue","url":"https://gitea.test/api/swagger"}`,
			refusal{"token does not have at least one of required scope(s), required=[read:organization], token scope=read:issue", "read:organization"},
		},
		"bitbucket": {
			head(), `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"granted":["account"],"required":["repository"]}}}`,
			refusal{"Your credentials lack one or more required privilege scopes.", "repository"},
		},
		"azure":      {head(), `{"$id":"1","message":"TF400813: The user '' is not authorized to access this resource.","typeKey":"UnauthorizedRequestException"}`, refusal{"TF400813: The user '' is not authorized to access this resource.", ""}},
		"jira":       {head(), `{"errorMessages":["No project","could be found"],"errors":{}}`, refusal{"No project; could be found", ""}},
		"html":       {head(), "<!DOCTYPE html><html>no</html>", refusal{}},
		"text":       {head(), "first line\nsecond line", refusal{"first line", ""}},
		"an array":   {head(), `["no"]`, refusal{`["no"]`, ""}},
		"null":       {head(), `null`, refusal{}},
		"wrong kind": {head(), `{"message":7,"error":[],"scope":true}`, refusal{"7", "true"}},
	} {
		if got := parseRefusal(http.StatusForbidden, c.header, []byte(c.body)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestRefusalNeedsNothing reads what GitHub's answers say of scopes that have
// nothing to do with them.
func TestRefusalNeedsNothing(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusUnprocessableEntity} {
		for _, name := range []string{"X-Accepted-OAuth-Scopes", "X-Accepted-GitHub-Permissions"} {
			if got := parseRefusal(status, head(name, "repo"), nil); got.need != "" {
				t.Errorf("%d %s: needs %q", status, name, got.need)
			}
		}
	}
}

func TestClip(t *testing.T) {
	got := clip(strings.Repeat("ä", 1000))
	if !utf8.ValidString(got) || len(got) > maxMessage+len("…") || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add("repo", `{"message":"no"}`)
	f.Add(`scope="x`, "\xff\n")
	f.Fuzz(func(t *testing.T, header, body string) {
		got := parseRefusal(http.StatusForbidden, http.Header{"X-Accepted-Oauth-Scopes": {header}, "Www-Authenticate": {header}}, []byte(body))
		for _, s := range []string{got.message, got.need} {
			if len(s) > maxMessage+len("…") || strings.Contains(s, "\n") {
				t.Errorf("%q", s)
			}
		}
	})
}
