package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

const projectionName = "background-jobs.json"

// Publish brings the entries of views in background-jobs.json up to date, for
// SpecWeave and for people. What others wrote there, entries and fields alike,
// is kept byte for byte. A file that is missing or damaged is made anew from
// all journals, and the damaged one is kept beside it.
//
// The file is a projection: nothing here reads our jobs from it. When another
// process holds SpecWeave's lock for longer than wait, Publish leaves the file
// as it is and returns an error; the next one makes up for it.
func (s *Store) Publish(ctx context.Context, wait time.Duration, views ...View) error {
	return s.publish(ctx, wait, func(p *projection) {
		for _, v := range views {
			p.put(v)
		}
	})
}

// publish changes the projection under SpecWeave's lock. SpecWeave's own lock
// has gaps through which two of its writers can slip, so the file is also
// compared before it is replaced, and the change made again if it moved.
func (s *Store) publish(ctx context.Context, wait time.Duration, change func(*projection)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("publish: %w", err)
		}
	}()
	for _, dir := range []string{filepath.Dir(s.Dir()), s.Dir()} { // but not a project that is gone
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	path := filepath.Join(s.Dir(), projectionName)
	for end := time.Now().Add(wait); ; {
		l, err := lockProjection(ctx, s.Dir(), max(time.Until(end), 0))
		if err != nil {
			return err
		}
		moved, err := s.replaceProjection(path, l, change)
		l.release()
		if !moved || err != nil || time.Now().After(end) {
			if moved && err == nil {
				err = errBusy
			}
			return err
		}
	}
}

func (s *Store) replaceProjection(path string, l *nodeLock, change func(*projection)) (moved bool, err error) {
	before, _ := platform.Stat(path)
	p, damaged := readProjection(path)
	if p == nil {
		if p, err = s.rebuild(path, damaged); err != nil {
			return false, err
		}
	}
	change(p)
	data := p.encode()
	if !same(before, path) || !l.held() {
		return true, nil
	}
	if before != nil && !damaged {
		backup(path)
	}
	err = platform.WriteFile(path, data)
	return err == nil && !l.held(), err // whoever took the lock may have overwritten it
}

func same(before os.FileInfo, path string) bool {
	now, err := platform.Stat(path)
	if err != nil || before == nil {
		return (err != nil) == (before == nil)
	}
	return os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// backup keeps the last good file as background-jobs.json.bak. A link is
// enough: the file itself is about to be replaced, not written to.
func backup(path string) {
	tmp := path + ".bak.tmp"
	_ = os.Remove(tmp)
	if os.Link(path, tmp) == nil {
		_ = os.Chmod(tmp, 0o600) // SpecWeave lets everyone read what it makes
		_ = os.Rename(tmp, path+".bak")
	}
}

// rebuild makes a projection from all journals, and from the backup for what
// others had written.
func (s *Store) rebuild(path string, damaged bool) (*projection, error) {
	p := &projection{}
	if damaged {
		aside := fmt.Sprintf("%s.damaged-%d", path, time.Now().UnixMilli())
		if err := os.Link(path, aside); err != nil {
			return nil, fmt.Errorf("keep the damaged file: %w", err)
		}
		if old, _ := readProjection(path + ".bak"); old != nil {
			p = old
		}
	}
	ids, err := os.ReadDir(filepath.Join(s.Dir(), "jobs"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, e := range ids {
		if !validID(e.Name()) {
			continue
		}
		if v, err := s.view(e.Name(), false); err == nil || errors.Is(err, ErrCorrupt) {
			p.put(v)
		}
	}
	return p, nil
}

// projection is background-jobs.json: an object with an array "jobs".
type projection struct {
	rest  object // the file's fields, "jobs" among them as a placeholder
	jobs  []json.RawMessage
	index map[string]int // of the first entry with an id, as SpecWeave would find it; nil before it is asked for
}

// readProjection returns nil if there is no such file, or damaged as well if
// there is one that cannot be understood. SpecWeave writes the file in place,
// so a file that ends early is read again for a while.
func readProjection(path string) (p *projection, damaged bool) {
	for try := range 5 {
		if try > 0 {
			<-time.After(20 * time.Millisecond)
		}
		data, err := platform.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, false
		}
		if err != nil {
			continue
		}
		if p, err := parseProjection(data); err == nil {
			return p, false
		}
	}
	return nil, true
}

func parseProjection(data []byte) (*projection, error) {
	rest, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	jobs, err := parseArray(rest.get("jobs"))
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &projection{rest: rest, jobs: jobs}, nil
}

func (p *projection) encode() []byte {
	p.rest.set("jobs", encodeArray(p.jobs, "  "))
	return p.rest.encode("")
}

// find returns the index of the entry with that id, or -1.
func (p *projection) find(id string) int {
	if p.index == nil {
		p.index = make(map[string]int, len(p.jobs))
		for i, raw := range p.jobs {
			var e struct {
				ID string `json:"id"`
			}
			if _ = json.Unmarshal(raw, &e); e.ID == "" {
				continue
			}
			if _, ok := p.index[e.ID]; !ok {
				p.index[e.ID] = i
			}
		}
	}
	if i, ok := p.index[id]; ok {
		return i
	}
	return -1
}

func (p *projection) put(v View) {
	p.set(v.Job.ID, entry(v.Job, configEntry(v.Job), &v.State, time.Now()))
}

// set changes the fields of an entry that are ours and keeps the others. An
// entry that is newer than fields stays: publishers need not wait for one
// another.
func (p *projection) set(id string, fields object) {
	i := p.find(id)
	var o object
	if i >= 0 {
		o, _ = parseObject(p.jobs[i])
		if revision(o) > revision(fields) {
			return
		}
	} else {
		i = len(p.jobs)
		p.jobs = append(p.jobs, nil)
		p.index[id] = i
	}
	for _, f := range fields {
		o.set(f.key, f.raw)
	}
	p.jobs[i] = o.encode("    ")
}

func revision(o object) (n int) {
	_ = json.Unmarshal(o.get("revision"), &n) // none is 0
	return n
}

func (p *projection) remove(id string) {
	if i := p.find(id); i >= 0 {
		p.jobs = append(p.jobs[:i], p.jobs[i+1:]...)
		p.index = nil
	}
}
