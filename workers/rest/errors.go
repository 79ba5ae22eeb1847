package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// LimitError says that the host wants to be left alone until a moment: more than
// a minute away when the error was made, or less after a request that must not be
// sent again.
type LimitError struct {
	Until time.Time
	Err   error // what it said, or that the budget is used up
	doubt bool  // it was said of a request that may have been carried out
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("limited until %s: %v", e.Until.UTC().Format(time.RFC3339), e.Err)
}

func (e *LimitError) Unwrap() error { return e.Err }

// StatusError is an answer that is no success. All text is the host's and may
// hold anything but the secrets that [Options].Redact knows.
type StatusError struct {
	Status  int
	Method  string
	URL     string            // without user, query and fragment
	Message string            // what the host says, one line; may be empty
	Need    string            // the scope or permission that is missing, if the host says which
	Fields  map[string]string // what is wrong with fields of the request, by the host's names, if it says
}

// Gone reports whether err is a host's answer that what was asked for is not
// there, or not any more: 404 or 410.
func Gone(err error) bool {
	status, ok := errors.AsType[*StatusError](err)
	return ok && (status.Status == http.StatusNotFound || status.Status == http.StatusGone)
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("%s %s: %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Need != "" {
		s += " (needs " + e.Need + ")"
	}
	return s
}

// FormatError is an answer that no API gives: a page for people, half a page,
// a way to another host.
type FormatError struct {
	Method, URL string // the URL without user, query and fragment; both may be empty
	Reason      string
	undone      bool // nothing was carried out
}

func (e *FormatError) Error() string {
	if e.URL == "" {
		return e.Reason
	}
	return fmt.Sprintf("%s %s: %s", e.Method, e.URL, e.Reason)
}

// NetworkError is a request that got no whole answer, however often it was
// sent: no connection, a broken one, or one that went silent.
type NetworkError struct {
	Method, URL string // the URL without user, query and fragment
	Err         error
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("%s %s: %v", e.Method, e.URL, e.Err)
}

func (e *NetworkError) Unwrap() error { return e.Err }

// ErrPlain is within the error of a request by https to a server that speaks
// http. Nothing was sent to it.
var ErrPlain = errors.New("the server speaks http, not https")

// CertificateError says that the host could not prove who it is. Nothing was
// sent to it.
type CertificateError struct {
	Host string
	Err  error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("the certificate of %s is not to be trusted: %v", e.Host, e.Err)
}

func (e *CertificateError) Unwrap() error { return e.Err }

// doubt is an error after something was carried out.
type doubt struct{ error }

func (d doubt) Unwrap() error { return d.error }

// Doubt returns err as one that [InDoubt] is true of: one that came up when a
// part of what was asked for was carried out already. Nil stays nil.
func Doubt(err error) error {
	if err == nil {
		return nil
	}
	return doubt{err}
}

// InDoubt reports whether what came to err may have been carried out, or a part
// of it: the answer did not come, came in pieces, or was a fault of the server.
func InDoubt(err error) bool {
	if _, ok := errors.AsType[doubt](err); ok {
		return true
	}
	if limit, ok := errors.AsType[*LimitError](err); ok {
		return limit.doubt
	}
	if status, ok := errors.AsType[*StatusError](err); ok {
		return faulty(status.Status)
	}
	if format, ok := errors.AsType[*FormatError](err); ok {
		return !format.undone
	}
	if network, ok := errors.AsType[*NetworkError](err); ok {
		return !unsent(network.Err)
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Cause returns what a vendor's own client made of an error of its transport,
// or of JSON that it did not expect, as an error of this package or of a
// context; else err.
func Cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &FormatError{Reason: unexpected(e)}
	}
	return err
}

func unexpected(err error) string { return "an unexpected answer: " + err.Error() }

// bare returns u as it may be shown.
func bare(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return shown.String()
}
