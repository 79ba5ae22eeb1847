package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"

	"github.com/specweave/specweave/workers/rest"
)

// connect returns the vendor's client for an organisation, and the URL of that.
func connect(client *rest.Client, organisation string) (root string, c *azuredevops.Client) {
	root = client.Base().JoinPath(rest.Path(organisation)).String()
	return root, azuredevops.NewClientWithOptions(
		&azuredevops.Connection{SuppressFedAuthRedirect: true}, root, azuredevops.WithHTTPClient(client.HTTP()),
	)
}

// unroute turns a panic of the vendor's client into err: it follows pointers
// out of whatever the server sent as routes. It is to be deferred.
func unroute(root string, err *error) {
	if v := recover(); v != nil {
		*err = &rest.FormatError{Method: http.MethodOptions, URL: root, Reason: fmt.Sprintf("not the routes of Azure DevOps: %v", v)}
	}
}

// failure is what an error of the vendor's client means. A refusal gets the
// scope that was needed: Azure DevOps does not say it ("Scopes",
// learn.microsoft.com/azure/devops/integrate).
func failure(err error, root, scope string) error {
	if _, sent := errors.AsType[*url.Error](err); !sent { // an answer that it could not read
		return &rest.FormatError{Method: http.MethodGet, URL: root, Reason: err.Error()}
	}
	err = rest.Cause(err)
	refused, ok := errors.AsType[*rest.StatusError](err)
	if !ok || refused.Need != "" || refused.Status != http.StatusUnauthorized && refused.Status != http.StatusForbidden {
		return err
	}
	needs := *refused
	needs.Need = scope
	return &needs
}

// request is a request for a resource of the API.
type request struct {
	resource string // its id among the routes
	version  string // the newest of the API that is understood; the client settles for an older one
	route    map[string]string
	query    url.Values
	question any    // the body, if there is one; it changes nothing
	method   string // of a request that changes something; "": it does not
	change   any    // the body of that
}

// patches is the kind of a change that is a list of operations.
const patches = "application/json-patch+json"

// send sends r for the client.
func (r request) send(ctx context.Context, c *azuredevops.Client) (*http.Response, error) {
	id, err := uuid.Parse(r.resource)
	if err != nil {
		return nil, err
	}
	method, kind, content := http.MethodGet, "", r.question
	switch {
	case r.method != "":
		method, kind, content = r.method, "application/json", r.change
		if _, ok := r.change.([]operation); ok {
			kind = patches
		}
	case r.question != nil:
		method, kind = http.MethodPost, "application/json"
		ctx = rest.Repeatable(ctx)
	}
	var body io.Reader
	if content != nil {
		data, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	return c.Send(ctx, method, id, r.version, r.route, r.query, body, kind, "application/json", nil)
}

// ask stores the answer to r in into. The vendor's own types are not used: they
// lack the format of a text, and refuse a whole page for one odd field.
func ask(ctx context.Context, client *rest.Client, organisation string, r request, into any) (err error) {
	root, c := connect(client, organisation)
	defer unroute(root, &err)
	res, err := r.send(ctx, c)
	if err != nil {
		return failure(err, root, r.scope())
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return &rest.FormatError{Method: res.Request.Method, URL: root, Reason: "an unexpected answer: " + err.Error()}
	}
	return nil
}

// scope is what a token needs for r.
func (r request) scope() string {
	if r.method != "" {
		return "the scope Work items (read and write), vso.work_write"
	}
	return "the scope Work items (read), vso.work"
}
