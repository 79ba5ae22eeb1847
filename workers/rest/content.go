package rest

import (
	"bytes"
	"encoding/json"
	"errors"
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
	case !json.Valid(a.body):
		return "what was answered is not JSON"
	}
	return ""
}

// truncated reports whether the body of a success is the beginning of JSON: a
// connection that was closed where its end tells the end of the answer.
func truncated(status int, body []byte) bool {
	if status >= http.StatusMultipleChoices || len(body) > maxBody || len(body) == 0 || json.Valid(body) {
		return false
	}
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&struct{}{})
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// redirect follows a way to another place of the API, and no other: what
// another host answers is not the API's, and it must not see the credential.
func (t *transport) redirect(req *http.Request, via []*http.Request) error {
	switch {
	case !sameOrigin(req.URL, t.Base):
		return t.malformed(via[0], "redirected to "+origin(req.URL)+", which is not followed")
	case !safe(req.Method):
		return t.malformed(via[0], "redirected to "+bare(req.URL)+", which is not followed for "+via[0].Method)
	case len(via) >= 10:
		return t.malformed(via[0], "redirected in a circle")
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
	return &FormatError{req.Method, t.Redact(bare(req.URL)), t.Redact(reason)}
}

// failure makes the error for an answer that is no success.
func (t *transport) failure(req *http.Request, a answer) error {
	shown := t.Redact(bare(req.URL))
	switch {
	case a.err != nil && untrusted(a.err):
		return &CertificateError{req.URL.Host, a.err}
	case a.err != nil:
		return &NetworkError{req.Method, shown, a.err}
	}
	said := parseRefusal(a.status, a.header, a.body)
	return &StatusError{a.status, req.Method, shown, t.Redact(said.message), t.Redact(said.need)}
}
