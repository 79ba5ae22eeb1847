package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// LimitError says that the host wants to be left alone until a moment, more
// than a minute away when the error was made.
type LimitError struct {
	Until time.Time
	Err   error // what it said, or that the budget is used up
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
	URL     string // without user, query and fragment
	Message string // what the host says, one line; may be empty
	Need    string // the scope or permission that is missing, if the host says which
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
