package main

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"charm.land/huh/v2"
)

// asker asks a person. In plain mode, for screen readers and terminals that
// can do nothing else, each question is a line.
type asker struct {
	in    io.Reader
	out   io.Writer
	plain bool
}

// question is one step, which may be unnecessary after the answers before.
type question struct {
	field huh.Field
	skip  func() bool // nil: never
}

// errLeft ends a command at a question.
func errLeft() error { return &codeError{exitInterrupted, "nothing was done"} }

// ask has all questions answered. It returns errLeft when the person leaves
// instead, and ctx's cause.
func (a *asker) ask(ctx context.Context, all []question) error {
	in := &heard{Reader: a.in}
	asked := make(chan error, 1)
	go func() { // plain questions do not hear of ctx
		if a.plain {
			asked <- a.lines(ctx, in, all)
		} else {
			asked <- a.menu(ctx, all)
		}
	}()
	select {
	case <-ctx.Done():
		if !a.plain {
			<-asked // it gives the terminal back
		}
		return context.Cause(ctx)
	case err := <-asked:
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, huh.ErrUserAborted), in.ended.Load():
			return errLeft()
		}
		return err
	}
}

// menu is one form for everything, so that one can go back; and since a second
// one would miss keys, which the reader of the first may still take.
func (a *asker) menu(ctx context.Context, all []question) error {
	var groups []*huh.Group
	for _, q := range all {
		g := huh.NewGroup(q.field)
		if q.skip != nil {
			g.WithHideFunc(q.skip)
		}
		groups = append(groups, g)
	}
	return huh.NewForm(groups...).WithInput(a.in).WithOutput(a.out).RunWithContext(ctx)
}

// lines asks without any style. It does what huh's accessible forms do, which
// ask all questions, needed or not, and after the end of the input too.
func (a *asker) lines(ctx context.Context, in *heard, all []question) (err error) {
	defer func() {
		// At the end of the input the last answer stands even if it was refused,
		// and is no number of a choice (huh v2.0.3, Select.RunAccessible).
		if in.ended.Load() && recover() != nil {
			err = errLeft()
		}
	}()
	unstyled := huh.ThemeFunc(func(bool) *huh.Styles { return &huh.Styles{} })
	for _, q := range all {
		if in.ended.Load() {
			return errLeft()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if q.skip != nil && q.skip() {
			continue
		}
		form := huh.NewForm(huh.NewGroup(q.field)).WithTheme(unstyled).WithAccessible(true).WithInput(in).WithOutput(a.out)
		if err := form.RunWithContext(ctx); err != nil {
			return err
		}
	}
	return nil
}

// heard notes the end of its input, which plain questions take for an answer.
type heard struct {
	io.Reader
	ended atomic.Bool
}

func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if err != nil {
		h.ended.Store(true)
	}
	return n, err
}
