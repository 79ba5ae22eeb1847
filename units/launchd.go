package units

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/specweave/specweave/platform"
)

const plistSuffix = ".plist"

// launchd keeps the property list of each unit in a directory, which says which
// units there may be and how long they wait; the rest launchctl tells.
type launchd struct {
	reg    registry // its directory and lock
	ctl    launchctl
	uid    int
	limits limits
}

// newLaunchd does no I/O.
func newLaunchd(ctl launchctl, uid int, dir string, l limits) *launchd {
	return &launchd{reg: registry{dir}, ctl: ctl, uid: uid, limits: l}
}

// String returns "launchd".
func (d *launchd) String() string { return string(KindLaunchd) }

// domains are where units may be, in the order in which they are tried: that of
// the login at the screen, then that which is there without one.
func (d *launchd) domains() []string {
	uid := strconv.Itoa(d.uid)
	return []string{"gui/" + uid, "user/" + uid}
}

func (d *launchd) path(name string) string { return filepath.Join(d.reg.dir, name+plistSuffix) }

// names lists the units that there may be.
func (d *launchd) names() ([]string, error) {
	files, err := os.ReadDir(d.reg.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), plistSuffix); ok && validName(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// agentUnit is a unit that launchd has loaded.
type agentUnit struct {
	target string // domain/label
	printed
}

// find returns the unit, or nil if it is not loaded.
func (d *launchd) find(ctx context.Context, name string) (*agentUnit, error) {
	for _, domain := range d.domains() {
		target := domain + "/" + name
		out, code, err := d.ctl(ctx, "print", target)
		switch {
		case err != nil:
			return nil, err
		case code == 0:
			return &agentUnit{target, parsePrint(out)}, nil
		case code != ctlNoService && code != ctlNoDomain && code != ctlNoAction && code != ctlNoProcess:
			return nil, ctlError("print", out, code)
		}
	}
	return nil, nil //nolint:nilnil // that there is none is an answer
}

// Status implements [Scheduler]. It runs launchctl once or twice for each unit
// that may be there.
func (d *launchd) Status(ctx context.Context, prefix string) (map[string]Status, error) {
	all := make(map[string]Status)
	names, err := d.names()
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		st, ok, err := d.status(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("status of %s: %w", name, err)
		}
		if ok {
			all[name] = st
		}
	}
	return all, nil
}

// status reports false for a unit that is not loaded, or ended well.
func (d *launchd) status(ctx context.Context, name string) (st Status, ok bool, err error) {
	s, err := d.find(ctx, name)
	if err != nil || s == nil {
		return st, false, err
	}
	// Without the file it is one that does not wait and is started again.
	a := agentPlist{KeepAlive: &keepAlive{}}
	if data, err := os.ReadFile(d.path(name)); err == nil {
		if read, err := parseAgent(data); err == nil {
			a = read
		}
	}
	st, ok = s.status(a, d.limits)
	switch st.State {
	case Active:
		if p, ok := platform.FindProc(st.PID); ok && st.PID > 0 {
			st.Since = p.StartedAt()
		}
	case Waiting:
		if info, err := os.Stat(d.path(name)); err == nil {
			st.Since = info.ModTime()
		}
	case Failed: // launchd does not say since when
	}
	return st, ok, nil
}

// Stop implements [Scheduler]. launchd sends SIGTERM to the process, after 20
// seconds SIGKILL, and kills what is left of its group; what it had started in
// other groups and sessions is killed when it has ended.
func (d *launchd) Stop(ctx context.Context, name string) error {
	if err := d.stopUnit(ctx, name); err != nil {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	return nil
}

func (d *launchd) stopUnit(ctx context.Context, name string) error {
	if !validName(name) {
		return nil // no unit can have it
	}
	s, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	if s != nil {
		if err := d.end(ctx, name, s); err != nil {
			return err
		}
	}
	if !exists(d.path(name)) {
		return nil // without creating anything
	}
	unlock, err := d.reg.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if s, err := d.find(ctx, name); err != nil || s != nil { // started anew
		return err
	}
	return d.forget(name)
}

// forget removes the file of a unit.
func (d *launchd) forget(name string) error {
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// end boots a unit out and returns when nothing of it runs.
func (d *launchd) end(ctx context.Context, name string, s *agentUnit) error {
	var tree []platform.Proc
	if p, ok := platform.FindProc(s.pid); ok && s.pid > 0 {
		tree = append(p.Descendants(), p)
	}
	if err := d.bootOut(ctx, s.target); err != nil {
		return err
	}
	if n := len(tree); n > 0 {
		tree = append(tree, tree[n-1].Descendants()...) // what it started in the meantime
	}
	if err := d.awaitGone(ctx, name); err != nil {
		return err
	}
	var err error
	for _, p := range tree {
		err = errors.Join(err, p.KillTree())
	}
	if err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	return until(ctx, func() bool {
		for _, p := range tree {
			if p.Alive() {
				return false
			}
		}
		return true
	})
}

// bootOut asks launchd to forget a service. It returns long before that is done.
func (d *launchd) bootOut(ctx context.Context, target string) error {
	out, code, err := d.ctl(ctx, "bootout", target)
	if err != nil {
		return err
	}
	switch code {
	case 0, ctlNoProcess, ctlInProgress, ctlAlready, ctlNoService:
		return nil
	}
	return ctlError("bootout", out, code)
}

// awaitGone waits until the label is free: bootout returns before, and a
// bootstrap of the same label fails until then.
func (d *launchd) awaitGone(ctx context.Context, name string) error {
	late := d.limits.Stop + lingerTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, late, fmt.Errorf("launchd has not let go of it in %v", late))
	defer cancel()
	var s *agentUnit
	var err error
	wait := d.until(ctx, func() bool {
		s, err = d.find(ctx, name)
		return err != nil || s == nil
	})
	if wait != nil {
		return wait
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
