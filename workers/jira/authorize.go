package jira

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/specweave/specweave/workers"
)

// Authorize adds a login to requests. To Cloud that is an address and an API
// token, as Basic authentication; to Data Center a personal access token, as a
// bearer token, or a user and a password ("Basic auth for REST APIs",
// developer.atlassian.com; "Using Personal Access Tokens",
// confluence.atlassian.com).
func Authorize(login workers.Login) func(*http.Request) {
	token := login.Token()
	return func(req *http.Request) {
		own := !strings.HasSuffix(req.URL.Hostname(), ".atlassian.net")
		switch {
		case token == "":
		case login.Username == "" || login.Password == "" || own && personal(token):
			req.Header.Set("Authorization", "Bearer "+token)
		default:
			req.SetBasicAuth(login.Username, token)
		}
	}
}

// personal reports whether a token is a personal access token of Data Center:
// digits, a colon and 20 random bytes, in base64. Such a one is sent without
// the address that may be there for another site.
func personal(token string) bool {
	data, err := base64.StdEncoding.DecodeString(token)
	digits, random, ok := bytes.Cut(data, []byte(":"))
	return err == nil && ok && len(digits) > 0 && len(random) >= 16 && len(bytes.Trim(digits, "0123456789")) == 0
}
