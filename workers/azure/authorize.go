package azure

import (
	"net/http"
	"strings"

	"github.com/specweave/specweave/workers"
)

// Authorize adds a login to requests. A personal access token is a password
// without a user; a token of Microsoft Entra, which is a JSON Web Token
// (RFC 7519), is a bearer token ("Use personal access tokens", "Authentication
// guidance", learn.microsoft.com/azure/devops).
func Authorize(login workers.Login) func(*http.Request) {
	token := login.Token()
	return func(req *http.Request) {
		switch {
		case token == "":
		case strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2:
			req.Header.Set("Authorization", "Bearer "+token)
		default:
			req.SetBasicAuth("", token)
		}
	}
}
