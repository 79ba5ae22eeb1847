package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say which API is spoken with, and how.
type Options struct {
	Base      *url.URL             // root of the API; requests and followed links must stay on its origin
	Authorize func(*http.Request)  // adds the credential; called only for requests to Base's origin; nil: none
	Redact    func(string) string  // removes secrets from text; nil: none
	Logf      func(string, ...any) // one line for each wait and each further try; nil: none
	Transport http.RoundTripper    // nil: a clone of [http.DefaultTransport]
	Budget    float64              // share of the host's quota that may be used up; 0: 0.8
	Pace      time.Duration        // between the beginnings of two requests that change something; 0: none
}

// DefaultBudget leaves a fifth of a quota to people.
const DefaultBudget = 0.8

// Client speaks with one API. It may be used from any goroutine.
type Client struct {
	base      *url.URL
	transport *transport
	http      *http.Client
}

// New returns a client. It sends nothing.
func New(o Options) *Client {
	base := *o.Base
	base.User = nil // who asks is for Authorize to say
	if !strings.HasSuffix(base.Path, "/") {
		base = *base.JoinPath("/") // what is relative to it lies below it
	}
	if o.Redact == nil {
		o.Redact = func(s string) string { return s }
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	if o.Transport == nil {
		o.Transport = plain()
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	t := &transport{Options: o}
	return &Client{&base, t, &http.Client{Transport: t, CheckRedirect: t.redirect}}
}

// plain knows proxies and certificates from the environment as net/http does.
func plain() http.RoundTripper {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		return t.Clone()
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment}
}

// Base returns the root of the API. Its path ends in a slash.
func (c *Client) Base() *url.URL {
	base := *c.base
	return &base
}

// HTTP returns a client for a vendor's own library. Its Do returns an error of
// this package, wrapped in a [*url.Error], for every answer that is not JSON
// with a status of 2xx: see [Cause].
func (c *Client) HTTP() *http.Client { return c.http }

// Get asks for ref, which is relative to the API's root or absolute on its
// origin, and stores the JSON of the answer in into. It returns the answer's
// headers, and nil with an error.
func (c *Client) Get(ctx context.Context, ref string, into any) (http.Header, error) {
	u, err := c.base.Parse(ref)
	if err != nil {
		return nil, errors.New("malformed link: " + c.transport.Redact(fmt.Sprintf("%q", ref)))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.do(req, into)
}

// Send sends body as JSON to ref with a method that may change something, and
// stores the JSON of the answer, if it has any, in into, if that is not nil. The
// request is sent again only where the host refused it; an error that [InDoubt]
// is true of says that it may have been carried out. header is added to it; nil:
// nothing is.
func (c *Client) Send(ctx context.Context, method, ref string, header http.Header, body, into any) (http.Header, error) {
	u, err := c.base.Parse(ref)
	if err != nil {
		return nil, errors.New("malformed link: " + c.transport.Redact(fmt.Sprintf("%q", ref)))
	}
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return c.do(req, into)
}

// Ask sends question as JSON to ref, as [Client.Get] asks for it. It is for
// questions that are too long for a URL: a POST that changes nothing and may be
// sent again.
func (c *Client) Ask(ctx context.Context, ref string, question, into any) (http.Header, error) {
	u, err := c.base.Parse(ref)
	if err != nil {
		return nil, errors.New("malformed link: " + c.transport.Redact(fmt.Sprintf("%q", ref)))
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(Repeatable(ctx), http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(req, into)
}

func (c *Client) do(req *http.Request, into any) (http.Header, error) {
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, Cause(err)
	}
	defer res.Body.Close()
	if into == nil {
		return res.Header, nil
	}
	err = json.NewDecoder(res.Body).Decode(into)
	if errors.Is(err, io.EOF) && !safe(method(req)) { // it has nothing to say
		err = nil
	}
	if err != nil {
		return nil, c.transport.malformed(req, unexpected(err))
	}
	return res.Header, nil
}

// Redact removes the secrets that the client knows from what a host says.
func (c *Client) Redact(s string) string { return c.transport.Redact(s) }

// Quota returns what the host last said.
func (c *Client) Quota() Quota { return c.transport.status().quota }

// Calls is how many requests were sent so far, further tries included.
func (c *Client) Calls() int { return c.transport.status().calls }
