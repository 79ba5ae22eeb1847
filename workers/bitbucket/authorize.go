package bitbucket

import (
	"net/http"

	"github.com/specweave/specweave/workers"
)

// Authorize adds a login to requests. A token of a repository, project or
// workspace goes with no name or with the one that git uses for it, and is a
// bearer token; an app password goes with the name of the user, an API token
// with the user's email address
// (support.atlassian.com/bitbucket-cloud/docs/using-access-tokens,
// support.atlassian.com/bitbucket-cloud/docs/using-api-tokens).
func Authorize(login workers.Login) func(*http.Request) {
	if login.Password == "" {
		login = workers.Login{Password: login.Username}
	}
	return func(req *http.Request) {
		switch {
		case login.Password == "":
		case login.Username == "" || login.Username == "x-token-auth":
			req.Header.Set("Authorization", "Bearer "+login.Password)
		default:
			req.SetBasicAuth(login.Username, login.Password)
		}
	}
}
