package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"
)

// answer is what came of sending a request once.
type answer struct {
	method string
	fixed  bool // the request cannot be sent again
	status int  // 0: err says why there is no whole answer
	header http.Header
	body   []byte
	json   bool // body is JSON
	err    error
}

// step is what follows an answer.
type step int

const (
	use   step = iota // it is a success or a redirect
	fail              // it will not get better
	again             // send the request again
	wait              // the same, once the host may be asked
	leave             // the host wants to be left alone for long
)

const (
	tries   = 5
	short   = time.Minute // what ends within it is waited out
	longTry = time.Minute // for a whole answer; GitLab gives up after as long itself
)

// decide says what follows the nth answer to a request, the first being 1, and
// from when the host may be asked again. random is in [0, 1).
func decide(a answer, n int, now time.Time, random float64) (step, time.Time) {
	last := n >= tries || a.fixed || a.doubtful()
	pause := now.Add(backoff(n, random))
	if a.err != nil {
		if last || hopeless(a.err) {
			return fail, time.Time{}
		}
		return again, pause
	}
	until, limit := limited(a.status, a.header, a.body, n, now)
	switch {
	case a.status < http.StatusMultipleChoices, leads(a.status) && a.header.Get("Location") != "":
		return use, until
	case limit && until.IsZero() && last:
		return leave, now.Add(short)
	case limit && until.Before(pause):
		until = pause
	}
	switch {
	case limit && (last || until.Sub(now) > short):
		return leave, until
	case limit:
		return wait, until
	case passing(a.status) && !last:
		return again, pause
	}
	return fail, time.Time{}
}

// leads reports whether a status leads elsewhere. Others of 3xx have nothing to say
// that a client knows to use.
func leads(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// doubtful reports whether the request may change something and may have been
// carried out. A status of 5xx says nothing about that, whatever else it asks
// for: a proxy may give it in the name of a server that did what it was told.
func (a answer) doubtful() bool {
	switch {
	case safe(a.method):
		return false
	case a.err != nil:
		return !unsent(a.err)
	}
	return faulty(a.status)
}

// faulty reports whether a status tells of a fault of the server, which may have
// come up at any time.
func faulty(status int) bool {
	return status >= http.StatusInternalServerError && status != http.StatusNotImplemented
}

// unsent reports whether a request that got no answer did not leave at all.
func unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return hopeless(err) || ok && op.Op == "dial"
}

// safe reports whether a request that may have been carried out can be sent
// again.
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// passing reports whether a status is a fault that may heal by itself.
func passing(status int) bool {
	return status >= http.StatusInternalServerError && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported
}

// hopeless reports whether a request that got no answer will get none later.
// Machines without a network do not know that a name does not exist.
func hopeless(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return untrusted(err) || unencrypted(err) || ok && dns.IsNotFound
}

// unencrypted reports whether the host answered a TLS handshake in plain HTTP.
func unencrypted(err error) bool {
	header, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok && string(header.RecordHeader[:]) == "HTTP/"
}

// untrusted reports whether the host could not prove who it is.
func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// backoff is how long to wait after the nth try: a second, then twice as long
// each time, less a random part of up to a half.
func backoff(n int, random float64) time.Duration {
	return time.Duration(float64(time.Second<<min(n-1, 5)) * (1 - random/2))
}
