package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// odd says why the body of a success is not what an API answers, or "".
func odd(a answer) string {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	switch {
	case len(a.body) > maxBody:
		return "the answer is larger than 64 MiB"
	case len(a.body) == 0:
		return ""
	case kind == "text/html":
		return "a page for people (HTML) in place of JSON: a proxy, a login or not an API"
	case !a.json:
		return "what was answered is not JSON"
	}
	return ""
}

// truncated reports whether the body of a success, which is not JSON, is the
// beginning of it: a connection that was closed where its end tells the end of
// the answer.
func truncated(status int, body []byte) bool {
	if status >= http.StatusMultipleChoices || len(body) > maxBody || len(body) == 0 {
		return false
	}
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&struct{}{})
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// redirect follows a way to another place of the API, and no other: what
// another host answers is not the API's, and it must not see the credential.
func (t *transport) redirect(req *http.Request, via []*http.Request) error {
	refuse := t.undone
	if s := req.Response.StatusCode; !safe(method(via[0])) && (s == http.StatusFound || s == http.StatusSeeOther) {
		refuse = t.malformed // many answer so to what they have carried out (RFC 9110, 15.4.4)
	}
	switch {
	case !sameOrigin(req.URL, t.Base):
		return refuse(via[0], "redirected to "+origin(req.URL)+", which is not followed")
	case !safe(via[0].Method): // with a GET, which would look like an answer
		return refuse(via[0], "redirected to "+bare(req.URL)+", which is not followed for "+via[0].Method)
	case len(via) >= 10:
		return t.undone(via[0], "redirected in a circle")
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool { return origin(a) == origin(b) }

// origin is scheme, host and port, as in RFC 6454.
func origin(u *url.URL) string {
	port := u.Port()
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		port = ""
	}
	host := strings.ToLower(u.Hostname())
	if port != "" {
		host += ":" + port
	}
	return strings.ToLower(u.Scheme) + "://" + host
}

// malformed makes a FormatError.
func (t *transport) malformed(req *http.Request, reason string) error {
	return &FormatError{Method: req.Method, URL: t.Redact(bare(req.URL)), Reason: t.Redact(reason)}
}

// undone makes a FormatError about a request that was not carried out.
func (t *transport) undone(req *http.Request, reason string) error {
	return &FormatError{Method: req.Method, URL: t.Redact(bare(req.URL)), Reason: t.Redact(reason), undone: true}
}

// failure makes the error for an answer that is no success.
func (t *transport) failure(req *http.Request, a answer) error {
	shown := t.Redact(bare(req.URL))
	switch {
	case a.err != nil && untrusted(a.err):
		return &CertificateError{req.URL.Host, a.err}
	case a.err != nil && unencrypted(a.err):
		return &NetworkError{req.Method, shown, fmt.Errorf("%w: %w", ErrPlain, a.err)}
	case a.err != nil:
		return &NetworkError{req.Method, shown, a.err}
	}
	said := parseRefusal(a.status, a.header, a.body)
	for name, reason := range said.fields {
		said.fields[name] = t.Redact(reason)
	}
	return &StatusError{a.status, req.Method, shown, t.Redact(said.message), t.Redact(said.need), said.fields}
}
