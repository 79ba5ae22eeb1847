package workers

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/limits"
)

// host is one host with one credential, as far as limits go.
type host struct {
	gate   *limits.Gate
	name   string
	ssh    bool
	asking sync.Mutex    // one of those that were refused asks why
	done   atomic.Int64  // clones that the host let through
	reason atomic.Value  // string: what the last refusal said
	delay  time.Duration // if a refusal does not say how long it lasts
}

// What a refusal that names no time is taken for. GitHub wants a minute, twice
// as long each time ("Rate limits for the REST API", docs.github.com); an sshd
// with too many unauthenticated connections wants fewer at once, and drops them
// at random (MaxStartups in sshd_config(5)).
const (
	httpDelay = time.Minute
	sshDelay  = time.Second
)

// hosts are those of an attempt.
type hosts struct {
	mu  sync.Mutex
	all map[[2]string]*host
}

// host returns that of a clone URL, nil for a path on this machine.
func (w *cloning) host(cloneURL string) *host {
	name, ssh := hostName(cloneURL)
	if name == "" {
		return nil
	}
	reference := w.creds.Reference(cloneURL)
	if ssh {
		reference = "ssh"
	}
	w.hosts.mu.Lock()
	defer w.hosts.mu.Unlock()
	key := [2]string{name, reference}
	r := w.hosts.all[key]
	if r == nil {
		r = &host{name: name, ssh: ssh, delay: httpDelay}
		if ssh {
			r.delay = sshDelay
		}
		r.gate = limits.Open(limits.Options{
			Dir: w.limits, Host: name, Reference: reference, Cap: w.config.concurrency(),
			Logf: w.logf, Waiting: w.progress.Alive,
		})
		if w.hosts.all == nil {
			w.hosts.all = make(map[[2]string]*host)
		}
		w.hosts.all[key] = r
	}
	return r
}

// hostName is the host of a clone URL, with a port that is not the usual one,
// or "" for a path on this machine.
func hostName(cloneURL string) (name string, ssh bool) {
	if e, ok := parseEndpoint(cloneURL); ok {
		return e.host, false
	}
	if strings.HasPrefix(cloneURL, "file://") || isLocal(cloneURL) {
		return "", false
	}
	if u, err := url.Parse(cloneURL); err == nil && u.Host != "" {
		return strings.TrimSuffix(strings.ToLower(u.Host), ":22"), true
	}
	_, rest, found := strings.Cut(cloneURL, "@")
	if !found {
		rest = cloneURL
	}
	if host, _, ok := strings.Cut(strings.TrimPrefix(rest, "["), "]:"); ok {
		return strings.ToLower(host), true
	}
	host, _, _ := strings.Cut(rest, ":")
	return strings.ToLower(host), true
}

// turn is the right of one task to ask its host, which it has or has not.
type turn struct {
	*cloning
	t      task
	host   *host        // nil: there is no host to ask
	slot   *limits.Slot // nil: not now
	times  int          // how often the host refused the task
	before int64        // what the host had let through when it first did
}

func (w *cloning) turn(t task) *turn { return &turn{cloning: w, t: t, host: w.host(t.CloneURL)} }

// take waits for the right to ask the host. The error is a [*restError] if the
// host wants to be left alone for long, or ctx's cause.
func (h *turn) take(ctx context.Context) error {
	if h.host == nil || h.slot != nil {
		return nil
	}
	slot, err := h.host.gate.Acquire(ctx)
	var limit *limits.LimitError
	if errors.As(err, &limit) {
		why := "rate limit of " + h.host.name
		if said, _ := h.host.reason.Load().(string); said != "" {
			why += ": " + said
		}
		return &restError{&jobs.PauseError{Until: limit.Until, Reason: jobs.Printable(why)}}
	}
	h.slot = slot
	return err
}

// end gives the right back. cloned says that the host let a clone through.
func (h *turn) end(cloned bool) {
	switch {
	case h.slot == nil:
	case cloned:
		h.host.done.Add(1)
		h.slot.Done()
	default:
		h.slot.Drop()
	}
	h.slot = nil
}

// maxRefusals is how often a host may refuse one repository while it lets
// others through.
const maxRefusals = 10

// failed takes note of what a failure says about the host, and gives the right
// back if that is asked too much. It returns the class of the failure, which
// the host may know better than git, and whether to try again as if nothing had
// been tried.
func (h *turn) failed(ctx context.Context, class, line string, err error) (string, bool) {
	if h.slot == nil {
		return class, false
	}
	sign := signOf(class, err)
	if sign == calm {
		return class, false
	}
	defer func() { h.slot = nil }()
	if sign == cut {
		h.slot.Refused(0)
		return class, false
	}
	wait := h.host.delay
	if !h.host.ssh {
		h.host.asking.Lock() // until the others can see what became of it
		defer h.host.asking.Unlock()
		var limited bool
		if wait, limited = h.inquire(ctx); sign == doubt && !limited {
			h.slot.Drop()
			return class, false
		}
		class = ClassThrottle
	}
	h.host.reason.Store(line)
	alone := h.host.gate.Slots() == 1
	h.slot.Refused(wait)
	if h.times++; h.times == 1 {
		h.before = h.host.done.Load()
	}
	if h.host.ssh {
		return class, !alone // or something else than their number closes connections
	}
	return class, !singled(h.times, h.host.done.Load()-h.before)
}

// singled reports whether a host seems to refuse one repository for a reason of
// its own: it did so often, and let others through meanwhile.
func singled(refusals int, others int64) bool { return refusals >= maxRefusals && others > 0 }

// inquire finds out how long the host wants to be left alone, and whether there
// is a limit at all. Of many that are refused at once, one asks: the caller
// holds asking.
func (h *turn) inquire(ctx context.Context) (wait time.Duration, limited bool) {
	if h.slot.Stale() && h.host.gate.Until().After(time.Now()) {
		return 0, true
	}
	if wait, limited = h.ask(ctx); wait == 0 {
		wait = h.host.delay
	}
	return wait, limited
}

// sign is what a failure says about how much a host is asked.
type sign int

const (
	calm    sign = iota // nothing
	cut                 // too much at once, maybe: connections break
	doubt               // the host can tell: an answer that may be a limit or not
	refusal             // too much
)

// signs are compiled when the first clone fails, as rules are.
var signs = sync.OnceValue(func() (s struct{ cut, doubt *regexp.Regexp }) {
	s.cut = regexp.MustCompile(`(?i)connection (was )?reset|reset by peer|empty reply|recv failure|unexpected disconnect|hung up unexpectedly|early EOF|HTTP/2 stream|connection closed by`)
	s.doubt = regexp.MustCompile(`(?i)returned error: (403|503)|RPC failed; HTTP (403|503)`)
	return s
})

func signOf(class string, err error) sign {
	var f *failure
	if !errors.As(err, &f) || f.stalled > 0 {
		return calm
	}
	if class == ClassThrottle {
		return refusal
	}
	words := strings.Join(wording(f.lines), "\n")
	switch {
	case (class == ClassAuth || class == ClassServer) && signs().doubt.MatchString(words):
		return doubt
	case class == ClassNetwork && signs().cut.MatchString(words):
		return cut
	}
	return calm
}
