package workers

import (
	"errors"
	"math"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// The classes of failure that a journal names and a retry can select.
const (
	ClassNetwork  = "network"   // no connection, a broken one, or one that went silent
	ClassThrottle = "throttle"  // the host asks to slow down
	ClassServer   = "server"    // the host has a fault
	ClassAuth     = "auth"      // no credential, a wrong one, or not enough rights
	ClassNotFound = "not-found" // no such repository, or none that this user may see
	ClassDisk     = "disk"      // no space left
	ClassExists   = "exists"    // something else has the target path
	ClassKilled   = "killed"    // git was ended by a signal that was not ours
	ClassBroken   = "broken"    // what git left does not pass the check
	ClassOther    = "other"
)

// retryable reports whether a failure may pass by itself.
func retryable(class string) bool {
	switch class {
	case ClassNetwork, ClassThrottle, ClassServer, ClassKilled, ClassBroken:
		return true
	default:
		return false
	}
}

// chatter is what git says when nothing is wrong, and what says nothing.
var chatter = lazyregexp.New(`^(Cloning into |(remote: )?[A-Z][A-Za-z ]+: +[0-9]+(%| ?\(|,|$| *[0-9.]+ )|remote: (Enumerating|Counting|Compressing|Total|Reusing)|` +
	`Updating files:|Filtering content:|done\.$|warning: |hint: |Please make sure you have the correct access rights|and the repository exists\.|remote: *$)`)

type rule struct {
	class string
	text  *regexp.Regexp
}

// rules are tried in order; the first that matches a line decides. All were
// seen in git 2.31 to 2.51 and in the answers of the hosts. They are compiled
// when the first clone fails: that takes as long as the rest of a start.
var rules = sync.OnceValue(func() []rule {
	return []rule{
		{ClassThrottle, regexp.MustCompile(`(?i)returned error: 429|\b(HTTP|status)[ /:]*429|too many requests|rate limit|abuse detection|TF400733|VS402962|request was blocked due to exceeding usage|` +
			`(kex|ssh)_exchange_identification: (read: )?connection (closed|reset)|exceeded maxstartups`)}, // sshd_config(5), MaxStartups
		{ClassNotFound, regexp.MustCompile(`(?i)returned error: (404|410)|repository .*not found|could not be found or you don't have permission|TF401019|TF200016|` +
			`does not appear to be a git repository|does not exist|no such project|project you were looking for could not be found|not found: did you run git update-server-info`)},
		{ClassAuth, regexp.MustCompile(`(?i)returned error: (401|403|407)|authentication failed|could not read (username|password)|terminal prompts disabled|permission denied \(|` +
			`host key verification failed|invalid (username|credentials)|access denied|password authentication (was|is) (removed|not)|TF400813|TF401027|too many authentication failures|` +
			`write access to repository not granted|saml sso|not authorized|no supported authentication|remote host identification has changed`)},
		{ClassServer, regexp.MustCompile(`(?i)returned error: 5\d\d|RPC failed; HTTP 5\d\d|internal server error|bad gateway|service unavailable|gateway time-?out|remote error: .*internal|` +
			`remote: aborting due to possible repository corruption|protocol error: bad pack header|not valid: is this a git repository`)},
		{ClassNetwork, regexp.MustCompile(`(?i)could not resolve (host|proxy)|name or service not known|temporary failure in name resolution|failed to connect|couldn't connect|connection (refused|reset|timed out|closed)|` +
			`unable to connect|empty reply|operation (timed out|too slow)|early EOF|RPC failed|unexpected disconnect|hung up unexpectedly|network is (unreachable|down)|no route to host|` +
			`gnutls_handshake|SSL_(read|connect|ERROR_SYSCALL)|TLS connection was non-properly|SSL connect error|transfer closed|recv failure|send failure|broken pipe|connection.*closed by|` +
			`bad line length|expected flush after|invalid index-pack output|the remote end hung up|did not send all necessary objects|HTTP/2 (stream|framing)|curl 16|curl 18|curl 28|curl 35|curl 52|curl 55|curl 56|curl 92`)},
	}
})

// classify says what kind of failure err is and which line tells people most.
// The line is git's own and may hold anything. Whether this machine's disk is
// full is not for words alone to say: see [saysFull].
func classify(err error) (class, line string) {
	if platform.DiskFull(err) {
		return ClassDisk, err.Error()
	}
	if errors.Is(err, errTaken) {
		return ClassExists, err.Error()
	}
	if errors.Is(err, errNoGit) {
		return ClassServer, err.Error()
	}
	var broken *brokenError
	if errors.As(err, &broken) {
		return ClassBroken, err.Error()
	}
	var f *failure
	if !errors.As(err, &f) {
		return ClassOther, err.Error()
	}
	if f.stalled > 0 {
		return ClassNetwork, f.Error()
	}
	words := wording(f.lines)
	if class, i := fullDisk(words); i >= 0 {
		return class, f.lines[i]
	}
	for _, rule := range rules() {
		for i := len(words) - 1; i >= 0; i-- {
			if rule.text.MatchString(words[i]) {
				return rule.class, f.lines[i]
			}
		}
	}
	if line = telling(f.lines); line == "" {
		line = f.Error()
	}
	var exit *exec.ExitError
	if errors.As(f.err, &exit) && exit.ExitCode() == -1 {
		return ClassKilled, "git was ended by a " + exit.String()
	}
	return ClassOther, line
}

// What a line names is not what it says: a URL, a path or a ref may hold any
// words, and whoever made it chose them. Git puts them in quotes and does not
// escape quotes in them, so all up to the last quote goes. An apostrophe is none.
var names = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile("(^|[\\s(\\[:=,])['\"`](?:.*['\"`](\\W|$)|.*)"),
		regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S*`),
		regexp.MustCompile(`^((?:error|fatal): (?:unable to|cannot|could not) \w+ (?:file|directory)\b)(?:.*(: [^:]*))?.*$`), // of a checkout
	}
})

// wording returns lines without what they name.
func wording(lines []string) []string {
	words := make([]string, len(lines))
	for i, line := range lines {
		for _, name := range names() {
			line = name.ReplaceAllString(line, "$1 $2")
		}
		words[i] = line
	}
	return words
}

// parting is what git says last whenever the other end has gone, for a reason
// that is in the lines before.
const parting = "fatal: Could not read from remote repository."

// telling picks the last line that says what is wrong.
func telling(lines []string) string {
	last := ""
	for _, prefix := range []string{"fatal: ", "error: ", "remote: ", ""} {
		for i := len(lines) - 1; i >= 0; i-- {
			switch {
			case lines[i] == parting:
				last = parting // if there is nothing else
			case strings.HasPrefix(lines[i], prefix):
				return lines[i]
			}
		}
	}
	return last
}

const (
	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// backoff is how long to wait after a try, the first being 1: a second, then
// twice as long each time up to a minute, less a random part of up to a half.
// random is in [0, 1).
func backoff(try int, random float64) time.Duration {
	d := float64(firstBackoff) * math.Pow(2, float64(max(try, 1)-1))
	d = min(d, float64(maxBackoff))
	return time.Duration(d * (1 - random/2))
}
