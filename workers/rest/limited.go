package rest

import (
	"net/http"
	"time"
)

// Limited reports whether an answer says that its host was asked too much, and
// until when that host wants to be left alone. It is for answers that did not
// come through a [Client], of what is no API. A zero time: it did not say.
func Limited(status int, h http.Header, body []byte, now time.Time) (until time.Time, ok bool) {
	return limited(status, h, body, 1, now)
}
