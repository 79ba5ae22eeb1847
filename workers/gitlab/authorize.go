package gitlab

import (
	"net/http"

	"github.com/specweave/specweave/workers"
)

// Authorize adds a login to requests. GitLab takes a personal, project or group
// access token as a bearer token like one of OAuth, so that nobody has to tell
// them apart ("OAuth-compliant headers", docs.gitlab.com/api/rest/authentication).
func Authorize(login workers.Login) func(*http.Request) {
	token := login.Token()
	return func(req *http.Request) {
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
}
