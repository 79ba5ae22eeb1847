package rest

import (
	"net/http"
	"reflect"
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
		"github":         {head(), `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`, refusal{"Bad credentials", "", nil}},
		"github, scope":  {head("X-OAuth-Scopes", "gist", "X-Accepted-OAuth-Scopes", "admin:org, read:org"), `{"message":"Must have admin rights to Repository."}`, refusal{"Must have admin rights to Repository.", "admin:org or read:org", nil}},
		"github, has it": {head("X-OAuth-Scopes", "repo, read:org", "X-Accepted-OAuth-Scopes", "admin:org, repo"), `{"message":"Not Found"}`, refusal{"Not Found", "", nil}},
		"github, sso": {
			head("X-GitHub-SSO", "required; url=https://github.com/orgs/acme/sso?authorization_request=A1", "X-Accepted-OAuth-Scopes", "repo"),
			`{"message":"Resource protected by organization SAML enforcement."}`,
			refusal{"Resource protected by organization SAML enforcement.", "the token to be authorized for SAML single sign-on at https://github.com/orgs/acme/sso?authorization_request=A1", nil},
		},
		"github, fine-grained": {head("X-Accepted-GitHub-Permissions", "metadata=read"), `{"message":"Resource not accessible by personal access token"}`, refusal{"Resource not accessible by personal access token", "permission metadata=read", nil}},
		"github, search": {
			head(), `{"message":"Validation Failed","errors":[{"resource":"Search","field":"q","code":"invalid"},{"message":"The search is longer than 256 characters.","code":"invalid"}]}`,
			refusal{"Validation Failed: The search is longer than 256 characters.; q: invalid", "", map[string]string{"q": "invalid"}},
		},
		"github, value": {
			head(), `{"message":"Validation Failed","errors":[{"value":"nobody","resource":"Issue","field":"assignees","code":"invalid"}]}`,
			refusal{"Validation Failed: assignees: invalid nobody", "", map[string]string{"assignees": "invalid nobody"}},
		},
		"jira, fields":    {head(), `{"errorMessages":[],"errors":{"b":"too long","a":"unknown"}}`, refusal{"a: unknown; b: too long", "", map[string]string{"a": "unknown", "b": "too long"}}},
		"gitlab":          {head(), `{"message":"404 Group Not Found"}`, refusal{"404 Group Not Found", "", nil}},
		"gitlab, scope":   {head(), `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`, refusal{"The request requires higher privileges than provided by the access token.", "api read_api", nil}},
		"gitlab, expired": {head(), `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}`, refusal{"Token is expired. You can either do re-authorization or token refresh.", "", nil}},
		"gitlab, fields":  {head(), `{"message":{"name":["is too long","is blank"]}}`, refusal{"name: is too long, is blank", "", map[string]string{"name": "is too long, is blank"}}},
		"gitlab, limit":   {head(), "Retry later\n", refusal{"Retry later", "", nil}},
		"bearer":          {head("WWW-Authenticate", `Bearer realm="x", error="insufficient_scope", scope="read_api"`), "", refusal{"", "read_api", nil}},
		"gitea": {
			head(), `{"message":"token does not have at least one of required scope(s), required=[read:organization], token scope=read:issue","url":"https://gitea.test/api/swagger"}`,
			refusal{"token does not have at least one of required scope(s), required=[read:organization], token scope=read:issue", "read:organization", nil},
		},
		"bitbucket": {
			head(), `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"granted":["account"],"required":["repository"]}}}`,
			refusal{"Your credentials lack one or more required privilege scopes.", "repository", nil},
		},
		"azure": {head(), `{"$id":"1","message":"TF400813: The user '' is not authorized to access this resource.","typeKey":"UnauthorizedRequestException"}`, refusal{"TF400813: The user '' is not authorized to access this resource.", "", nil}},
		"azure, rules": {
			head(), `{"message":"TF401320: Rule Error for field State.","customProperties":{"ErrorMessage":"x","RuleValidationErrors":[{"fieldReferenceName":"System.State","errorMessage":"not in the list\nof values"},{"errorMessage":"y"}]}}`,
			refusal{"TF401320: Rule Error for field State.", "", map[string]string{"System.State": "not in the list"}},
		},
		"azure, field":     {head(), `{"message":"no","customProperties":{"ErrorMessage":"x","ReferenceName":"Custom.Team"}}`, refusal{"no", "", map[string]string{"Custom.Team": "x"}}},
		"azure, otherwise": {head(), `{"message":"no","customProperties":{"RuleValidationErrors":7}}`, refusal{"no", "", nil}},
		"jira":             {head(), `{"errorMessages":["No project","could be found"],"errors":{}}`, refusal{"No project; could be found", "", nil}},
		"html":             {head(), "<!DOCTYPE html><html>no</html>", refusal{}},
		"text":             {head(), "first line\nsecond line", refusal{"first line", "", nil}},
		"an array":         {head(), `["no"]`, refusal{`["no"]`, "", nil}},
		"null":             {head(), `null`, refusal{}},
		"wrong kind":       {head(), `{"message":7,"error":[],"scope":true}`, refusal{"7", "true", nil}},
	} {
		if got := parseRefusal(http.StatusForbidden, c.header, []byte(c.body)); !reflect.DeepEqual(got, c.want) {
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
