package importer

import (
	"context"
	"errors"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/rest"
)

// Limits are the servers that want to be left alone. The zero value has none.
type Limits struct {
	until map[string]time.Time
	why   error // the last of them said
}

// Each does the sources that were not seen yet, one after the other, but for those
// whose servers want to be left alone: logf tells of each that does. Any other
// error of do ends it. It returns ctx's cause when that is done.
func (l *Limits) Each(
	ctx context.Context, sources []Source, seen func(item string) bool, do func(context.Context, Source) error, logf func(string, ...any),
) error {
	for _, s := range sources {
		if seen(s.Item()) || l.hold(s) {
			continue
		}
		err := do(ctx, s)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case l.note(s, err):
			logf("%s: %v", s.Item(), err)
		default:
			return err
		}
	}
	return nil
}

// note remembers that a source's server wants to be left alone, if that is what
// err says.
func (l *Limits) note(s Source, err error) bool {
	limit, ok := errors.AsType[*rest.LimitError](err)
	if !ok {
		return false
	}
	if l.until == nil {
		l.until = make(map[string]time.Time)
	}
	l.until[s.Server], l.why = limit.Until, err
	return true
}

// hold reports whether a source's server wants to be left alone.
func (l *Limits) hold(s Source) bool {
	_, ok := l.until[s.Server]
	return ok
}

// Pause asks for the job to be run again when the first of the servers may be
// asked again; it returns nil if there is none. clean makes text fit for a
// journal.
func (l *Limits) Pause(clean func(string) string) error {
	if len(l.until) == 0 {
		return nil
	}
	var first time.Time
	for _, until := range l.until {
		if first.IsZero() || until.Before(first) {
			first = until
		}
	}
	return jobs.Pause(first, clean(l.why.Error()))
}
