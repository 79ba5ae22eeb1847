package workers

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// shortest is the length of the shortest secret that is looked for in text:
// a shorter one stands in too many places to hide by hiding it.
const shortest = 4

// Redactor removes secrets from text. It may be used from any goroutine.
type Redactor struct {
	mu   sync.RWMutex
	list []string // longest first, so that no part of a secret stays
}

// Add makes secrets known, as they are and as URLs and JSON encode them.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		for _, form := range []string{
			s, strings.TrimSpace(s), url.QueryEscape(s), url.PathEscape(s), url.User(s).String(),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
		} {
			if len(form) >= shortest && !slices.Contains(r.list, form) {
				r.list = append(r.list, form)
			}
		}
	}
	slices.SortStableFunc(r.list, func(a, b string) int { return len(b) - len(a) })
}

// AddLogin makes the secrets of l known, and how basic authentication sends
// them (RFC 7617).
func (r *Redactor) AddLogin(l Login) {
	r.Add(l.secrets()...)
	if l != (Login{}) {
		r.Add(base64.StdEncoding.EncodeToString([]byte(l.Username + ":" + l.Password)))
	}
}

// Redact replaces every known secret in s, and whatever stands before the @ of
// a URL, by three asterisks.
func (r *Redactor) Redact(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.list {
		s = strings.ReplaceAll(s, secret, "***")
	}
	return scrub(s)
}
