package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/specweave/specweave/jobs"
)

type followCmd struct{ ref }

func (c followCmd) Run(ctx context.Context, e *env) error {
	s, v, err := c.find(e)
	if err != nil {
		return err
	}
	if v.Foreign {
		return fmt.Errorf("follow job %s: %w", v.Job.ID, jobs.ErrForeign)
	}
	show := e.meter().show
	if e.cli.Jobs.JSON {
		show = func(s *jobs.State) error {
			return e.printLine(jobs.View{Job: v.Job, State: *s, Alive: s.Status == jobs.Running && s.Proc.Alive()})
		}
	}
	err = s.Follow(ctx, v.Job.ID, func(now *jobs.State) error {
		v.State = *now
		return show(now)
	})
	e.endMeter()
	if errors.Is(err, context.Canceled) {
		e.talk("Stopped following. Job continues in background.\n")
		return nil
	}
	if err != nil {
		return err
	}
	if !e.cli.Jobs.JSON {
		e.out.printf("%s\n", ending(v))
	}
	return outcome(&v.State)
}

// printLine prints a job as one line of JSON.
func (e *env) printLine(v jobs.View) error {
	return e.encode(map[string]any{"schemaVersion": schemaVersion, "job": viewJSON(v, e.now())}, "")
}

// meter shows a job's progress on standard error: one line that is drawn over
// on a terminal, elsewhere a line when items have ended.
type meter struct {
	e       *env
	current int
	drawn   time.Time
}

func (e *env) meter() *meter { return &meter{e: e, current: -1} }

func (m *meter) show(s *jobs.State) error {
	now := m.e.now()
	ended := s.Current() != m.current
	m.current = s.Current()
	if !m.e.err.moves {
		if ended {
			m.e.talk("%s\n", fraction(s))
		}
		return nil
	}
	if now.Sub(m.drawn) < 100*time.Millisecond && s.Status == jobs.Running && s.Current() < s.Total {
		return nil
	}
	m.drawn = now
	line := bar(s.Percent()) + " " + fraction(s)
	if s.Failed > 0 {
		line += fmt.Sprintf("  %d failed", s.Failed)
	}
	if s.Current() < s.Total && s.Status == jobs.Running {
		line += fmt.Sprintf("  %s  ETA %s  %s", rate(s.Rate(now)), eta(s, now), current(s))
	}
	m.e.talk("\r%s\x1b[K", runewidth.Truncate(line, m.e.err.width-1, m.e.err.ellipsis()))
	return nil
}

// endMeter leaves the line that a meter drew over.
func (e *env) endMeter() {
	if e.err.moves {
		e.talk("\r\x1b[K")
	}
}

const defaultLines = 50

type logsCmd struct {
	ref
	N     int  `short:"n" default:"50" placeholder:"N" help:"How many lines; 0 for all."`
	Watch bool `short:"f" help:"Go on printing what is added, until the job ends."`
}

func (c logsCmd) Run(ctx context.Context, e *env) error {
	if c.N < 0 {
		return usage("-n %d: must not be negative", c.N)
	}
	s, v, err := c.find(e)
	if v.Job.ID == "" {
		return err
	}
	e.warning(err) // a log says most where the rest is damaged
	lines, end, err := s.Tail(v.Job.ID, c.N)
	if err != nil {
		return err
	}
	for i := range lines {
		lines[i] = jobs.Printable(strings.TrimSuffix(lines[i], "\r"))
	}
	if e.cli.Jobs.JSON && !c.Watch {
		return e.printJSON(map[string]any{"schemaVersion": schemaVersion, "id": v.Job.ID, "lines": append([]string{}, lines...)})
	}
	p := logPrinter{e: e, id: v.Job.ID, path: s.LogPath(v.Job.ID), offset: end}
	for _, l := range lines {
		if err := p.print(l); err != nil {
			return err
		}
	}
	if len(lines) == 0 && !c.Watch {
		e.talk("Job %s has no log yet.\n", v.Job.ID)
	}
	if !c.Watch || v.Foreign {
		return nil
	}
	err = s.Follow(ctx, v.Job.ID, func(*jobs.State) error { return p.more() })
	err = errors.Join(err, p.more())
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// logPrinter prints what is added to a log, whole lines only.
type logPrinter struct {
	e      *env
	id     string
	path   string
	offset int64
}

func (p *logPrinter) print(line string) error {
	if p.e.cli.Jobs.JSON {
		return p.e.encode(map[string]any{"schemaVersion": schemaVersion, "id": p.id, "line": line}, "")
	}
	p.e.out.printf("%s\n", line)
	return nil
}

func (p *logPrinter) more() error {
	f, err := os.Open(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.NewSectionReader(f, p.offset, 1<<62))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		text, whole := strings.CutSuffix(line, "\n")
		if !whole {
			break
		}
		p.offset += int64(len(line))
		if err := p.print(jobs.Printable(text)); err != nil {
			return err
		}
	}
	return nil
}
