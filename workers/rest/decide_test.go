package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestDecide goes through all statuses, tries and methods and asserts what
// must hold of each.
func TestDecide(t *testing.T) {
	headers := []http.Header{head(), head("Retry-After", "0"), head("Retry-After", "30"), head("Retry-After", "3600"), head("X-RateLimit-Remaining", "0"), head("Location", "/")}
	for status := 200; status < 600; status++ {
		for n := 1; n <= tries; n++ {
			for _, method := range []string{"GET", "POST"} {
				for _, h := range headers {
					for _, fixed := range []bool{false, true} {
						step, until := decide(answer{method: method, status: status, header: h, fixed: fixed}, n, now, 0.5)
						repeats := step == again || step == wait
						switch {
						case status < 300 && step != use,
							status >= 400 && step == use,
							repeats && (n == tries || fixed),
							repeats && (until.Sub(now) > short || !until.After(now)),
							status >= 400 && status < 500 && status != 403 && status != 429 && step != fail,
							step == again && status < 500,
							repeats && method == "POST" && status != 403 && status != 429 && status != 501, // it may have been carried out
							step == leave && !until.After(now):
							t.Errorf("%s %d %v, try %d: step %d until %v", method, status, h, n, step, until.Sub(now))
						}
					}
				}
			}
		}
	}
}

func TestDecideWithoutAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want step
	}{
		"reset":           {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, again},
		"half":            {io.ErrUnexpectedEOF, again},
		"silence":         {errSilent, again},
		"deadline":        {context.DeadlineExceeded, again},
		"dns, for now":    {&net.DNSError{Err: "server misbehaving", IsTemporary: true}, again},
		"dns, no name":    {&net.DNSError{Err: "no such host", IsNotFound: true}, fail},
		"authority":       {x509.UnknownAuthorityError{}, fail},
		"other host":      {x509.HostnameError{}, fail},
		"expired":         {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, fail},
		"no certificates": {x509.SystemRootsError{}, again},
	} {
		if got, _ := decide(answer{method: "GET", err: c.err}, 1, now, 0); got != c.want {
			t.Errorf("%s: step %d, want %d", name, got, c.want)
		}
		for _, a := range []answer{{method: "POST", err: c.err}, {method: "GET", err: c.err, fixed: true}} {
			if got, _ := decide(a, 1, now, 0); got != fail {
				t.Errorf("%s: %s may have been carried out, or cannot be sent again: step %d", name, a.method, got)
			}
		}
		if got, _ := decide(answer{method: "GET", err: c.err}, tries, now, 0); got != fail {
			t.Errorf("%s: step %d after the last try", name, got)
		}
	}
}

func TestDecideMoments(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		n      int
		want   step
		until  time.Duration
	}{
		"short":              {head("Retry-After", "60"), 1, wait, time.Minute},
		"long":               {head("Retry-After", "61"), 1, leave, 61 * time.Second},
		"at once":            {head("Retry-After", "0"), 3, wait, 4 * time.Second},
		"short, too often":   {head("Retry-After", "60"), tries, leave, time.Minute},
		"at once, too often": {head("Retry-After", "0"), tries, leave, 16 * time.Second},
		"ours":               {head(), 2, wait, 2 * time.Second},
		"ours, too often":    {head(), tries, leave, time.Minute},
	} {
		got, until := decide(answer{method: "POST", status: 429, header: c.header}, c.n, now, 0)
		if got != c.want || until.Sub(now) != c.until {
			t.Errorf("%s: step %d in %v, want %d in %v", name, got, until.Sub(now), c.want, c.until)
		}
	}
}
