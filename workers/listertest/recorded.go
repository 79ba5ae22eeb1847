package listertest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/specweave/specweave/workers"
)

// recording is an answer that a vendor's server once gave.
type recording struct {
	Method  string            `json:"Method"`
	URL     string            `json:"URL"`
	Status  int               `json:"Status"`
	Headers map[string]string `json:"Headers"`
	Body    json.RawMessage   `json:"Body"`
}

// Recorded returns what the lister makes of the answer to url that stands in
// recorded/file below [Contracts]: of a list, or of a single repository put
// into one.
func Recorded(t *testing.T, v Vendor, file, url string) (page workers.ListPage) {
	t.Helper()
	answer := Replay(t, file, url)
	v.bubble(t, file, func(r *rig) {
		l := r.lister(Always(answer))
		var err error
		if page, err = l.List(r.Context(), v.owner("acme"), ""); err != nil {
			r.Fatal(err)
		}
	})
	return page
}

// Replay answers everything as recorded/file below [Contracts] says that url
// was: with a list, or with a single thing put into one.
func Replay(t *testing.T, file, url string) http.HandlerFunc {
	t.Helper()
	answer := find(t, filepath.Join(Contracts(t), "recorded", file), url)
	if len(answer.Body) > 0 && answer.Body[0] == '{' {
		answer.Body = append(append(json.RawMessage{'['}, answer.Body...), ']')
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range answer.Headers {
			w.Header().Set(name, value)
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Status)
		_, _ = w.Write(answer.Body)
	}
}

func find(t *testing.T, path, url string) recording {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []recording
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.URL == url && r.Method == http.MethodGet {
			return r
		}
	}
	t.Fatalf("%s holds no answer to %s", path, url)
	return recording{}
}
