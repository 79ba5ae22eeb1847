package workers

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestHostName(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]struct {
		host string
		ssh  bool
	}{
		"https://github.com/a/b":          {"github.com", false},
		"https://GitHub.com:443/a/b":      {"github.com", false},
		"http://127.0.0.1:8080/a":         {"127.0.0.1:8080", false},
		"git@github.com:a/b":              {"github.com", true},
		"Host:a/b":                        {"host", true},
		"git@[::1]:a/b":                   {"::1", true},
		"ssh://git@git.example.org:22/a":  {"git.example.org", true},
		"ssh://git@git.example.org:222/a": {"git.example.org:222", true},
		"file:///a/b":                     {"", false},
		"/a/b":                            {"", false},
	} {
		if host, ssh := hostName(url); host != want.host || ssh != want.ssh {
			t.Errorf("%s: %q, %v", url, host, ssh)
		}
	}
}

func TestSignOf(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]sign{
		"fatal: unable to access 'http://h/': The requested URL returned error: 429":                                   refusal,
		"fatal: unable to access 'http://h/': The requested URL returned error: 403":                                   doubt,
		"fatal: unable to access 'http://h/': The requested URL returned error: 503":                                   doubt,
		"fatal: unable to access 'http://h/': The requested URL returned error: 500":                                   calm,
		"fatal: unable to access 'http://h/': The requested URL returned error: 404":                                   calm,
		"fatal: unable to access 'http://h/403/': Could not resolve host: h":                                           calm,
		"fatal: unable to access 'http://h/': Empty reply from server":                                                 cut,
		"fatal: unable to access 'http://h/': Recv failure: Connection reset by peer":                                  cut,
		"error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly\nfatal: early EOF":                          cut,
		"kex_exchange_identification: Connection closed by remote host\nfatal: Could not read from remote repository.": refusal,
		"kex_exchange_identification: read: Connection reset by peer\nfatal: Could not read from remote repository.":   refusal,
		"ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.":            calm,
	} {
		f := &failure{lines: strings.Split(lines, "\n"), err: errors.New("exit status 128")}
		class, _ := classify(f)
		if got := signOf(class, f); got != want {
			t.Errorf("%s (%s): %d; want %d", lines, class, got, want)
		}
	}
	if got := signOf(ClassNetwork, &failure{err: errors.New("x"), lines: []string{"Empty reply from server"}, stalled: time.Second}); got != calm {
		t.Errorf("a clone that went silent: %d", got)
	}
}

func TestSingled(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		refusals int
		others   int64
		want     bool
	}{{1, 0, false}, {1, 5, false}, {maxRefusals, 0, false}, {10 * maxRefusals, 0, false}, {maxRefusals - 1, 9, false}, {maxRefusals, 1, true}} {
		if got := singled(tc.refusals, tc.others); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}
