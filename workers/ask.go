package workers

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/rest"
)

const (
	answerTimeout = 15 * time.Second
	maxAnswer     = 64 << 10 // bytes of an answer that are looked at
)

// ask asks the host of a clone that was refused what git asks it first, for git
// keeps to itself how long the host wants to be left alone. limited says that
// there is a limit, wait for how long, which is short if there is none any more
// and 0 if the host does not say. It touches the network once. What goes wrong
// is no failure: then the host has said nothing.
func (h *turn) ask(ctx context.Context) (wait time.Duration, limited bool) {
	e, ok := parseEndpoint(h.t.CloneURL)
	if !ok {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ref := strings.TrimSuffix(h.t.CloneURL, "/") + "/info/refs?service=git-upload-pack"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ref, nil)
	if err != nil {
		return 0, false
	}
	req.Header.Set("User-Agent", "git/"+h.git.Version) // hosts have limits of their own for what is no git
	if r := h.creds.Reference(h.t.CloneURL); r != "" && r != "git" {
		if login, ok := h.creds.Login(ctx, e.scheme, e.host, e.path); ok {
			req.SetBasicAuth(login.Username, login.Password)
		}
	}
	res, err := asker().Do(req)
	if err != nil {
		return 0, false
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	now := time.Now()
	until, limited := rest.Limited(res.StatusCode, res.Header, body, now)
	switch {
	case limited && !until.IsZero():
		return max(until.Sub(now), time.Second), true
	case res.StatusCode < http.StatusMultipleChoices:
		return time.Second, false
	}
	return 0, limited
}

// asker follows nobody anywhere: what another host says is not this one's limit,
// and the credential is not for it.
func asker() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
