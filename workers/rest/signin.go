package rest

import (
	"mime"
	"net/http"
)

// meant is the status that a host means. Azure DevOps answers a credential that
// it does not take with 203 and its sign-in page
// (github.com/microsoft/azure-devops-auth-samples/issues/52).
func meant(res *http.Response) int {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusNonAuthoritativeInfo && kind == "text/html" {
		return http.StatusUnauthorized
	}
	return res.StatusCode
}
