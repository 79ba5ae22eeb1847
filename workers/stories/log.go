package stories

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/specweave/specweave/platform"
)

// record is a line of the log: what a story was when it came from its source
// last, or a task that a story lists.
type record struct {
	id     string // normalized
	source digest // [Draft.sourceHash]
	more   digest // [Draft.moreHash]; 0 if it is not known
	dir    string // of the file, below specs
	name   string
	base   base

	parent string // of a task, normalized; "" for a story
	task   task
}

func (r record) String() string {
	if r.parent != "" {
		done := "-"
		if r.task.done {
			done = "x"
		}
		return strings.Join([]string{"t", r.id, r.parent, done, oneLine(r.task.title)}, "\t") + "\n"
	}
	parts, _ := json.Marshal(r.base) // never fails: strings
	where := r.dir + "/" + r.name
	if oneLine(where) != where { // a name that a person gave; it is found by looking
		where = "/"
	}
	source := r.source.String()
	if r.more != 0 {
		source += "+" + r.more.String()
	}
	return strings.Join([]string{"s", r.id, source, where, string(parts)}, "\t") + "\n"
}

// parseRecord reads a line but for the base, which is its last field. One that
// a power cut damaged is no record.
func parseRecord(line []byte) (r record, ok bool) {
	f := bytes.SplitN(line, []byte("\t"), 5)
	if len(f) != 5 || len(f[1]) == 0 {
		return record{}, false
	}
	r.id = string(f[1])
	switch string(f[0]) {
	case "t":
		r.parent = string(f[2])
		r.task = task{r.id, string(f[4]), string(f[3]) == "x"}
		return r, r.parent != ""
	case "s":
		source, more, _ := strings.Cut(string(f[2]), "+")
		r.source, r.more = parseDigest(source), parseDigest(more)
		where := string(f[3])
		at := max(0, strings.LastIndexByte(where, '/'))
		r.dir, r.name = where[:at], strings.TrimPrefix(where[at:], "/")
		return r, r.source != 0 && bytes.HasSuffix(f[4], []byte("}"))
	}
	return record{}, false
}

// readBase reads the base of a story's line.
func readBase(line []byte) base {
	var b base
	if f := bytes.SplitN(line, []byte("\t"), 5); len(f) == 5 && json.Unmarshal(f[4], &b) == nil {
		return b
	}
	return nil
}

// span is where in the log a line is.
type span struct {
	at   int64
	size int32
}

// logFile is the log of all stories of a project, to which every import
// appends while it holds the lock. It is an index of what was written, and the
// base of merges; without it nothing is lost but who changed what.
type logFile struct {
	path     string
	readOnly bool
	f        *os.File // nil: not open; or there is none, and none is made
	read     int64    // up to here
	lines    int      // read in all
}

// catchUp hands what was appended since the last call to each. When another
// process has compacted the log, that is all of it, and again is called before.
func (l *logFile) catchUp(again func(), each func(record, span)) error {
	if l.f != nil {
		here, err := l.f.Stat()
		there, err2 := os.Stat(l.path)
		if err != nil || err2 != nil || !os.SameFile(here, there) || there.Size() < l.read {
			_ = l.f.Close() // only read, or synced
			l.f = nil
		}
	}
	if l.f == nil {
		if l.read > 0 {
			again()
		}
		f, err := l.open()
		if l.readOnly && errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("open log of stories: %w", err)
		}
		l.f, l.read, l.lines = f, 0, 0
	}
	if info, err := l.f.Stat(); err == nil && info.Size() == l.read {
		return nil
	}
	r := bufio.NewReaderSize(io.NewSectionReader(l.f, l.read, 1<<62), 1<<16)
	var long []byte
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, line...)
			continue
		case errors.Is(err, io.EOF): // a torn line is overwritten by the next
			return nil
		case err != nil:
			return fmt.Errorf("read log of stories: %w", err)
		}
		if long != nil {
			line, long = append(long, line...), nil
		}
		size := int32(len(line)) //nolint:gosec // a line is a few hundred bytes
		if rec, ok := parseRecord(line[:len(line)-1]); ok {
			each(rec, span{l.read, size})
		}
		l.read += int64(size)
		l.lines++
	}
}

func (l *logFile) open() (*os.File, error) {
	if l.readOnly {
		return os.Open(l.path)
	}
	_, missing := os.Lstat(l.path)
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil && errors.Is(missing, os.ErrNotExist) {
		err = platform.SyncDir(filepath.Dir(l.path))
	}
	return f, err
}

// record reads that of a story, with its base.
func (l *logFile) record(s span) (record, error) {
	line := make([]byte, s.size)
	if _, err := l.f.ReadAt(line, s.at); err != nil {
		return record{}, err
	}
	r, _ := parseRecord(bytes.TrimSuffix(line, []byte("\n")))
	r.base = readBase(line)
	return r, nil
}

// base is that of a story; nil if the log has none.
func (l *logFile) base(s span) base {
	if s.size == 0 {
		return nil
	}
	r, err := l.record(s)
	if err != nil {
		return nil
	}
	return r.base
}

// append makes records durable and returns where they are.
func (l *logFile) append(records []record) ([]span, error) {
	if len(records) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	spans := make([]span, len(records))
	for i, r := range records {
		at := b.Len()
		b.WriteString(r.String())
		spans[i] = span{l.read + int64(at), int32(b.Len() - at)} //nolint:gosec // a line is a few hundred bytes
	}
	_, err := l.f.WriteAt(b.Bytes(), l.read)
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil {
		_ = l.f.Truncate(l.read) // at best; a torn line is ignored anyway
		return nil, fmt.Errorf("write log of stories: %w", err)
	}
	l.read += int64(b.Len())
	l.lines += len(records)
	return spans, nil
}

// compact replaces the log by the lines that are needed. It may close it, since
// Windows replaces no file that is open; catchUp opens what is there then.
func (l *logFile) compact(needed []span, children map[string][]task) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(l.path), ".stories.*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close() // it may be closed
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	w := bufio.NewWriterSize(tmp, 1<<16)
	for _, s := range needed {
		if _, err := io.Copy(w, io.NewSectionReader(l.f, s.at, int64(s.size))); err != nil {
			return err
		}
	}
	for parent, list := range children {
		for _, t := range list {
			_, _ = w.WriteString(record{id: t.id, parent: parent, task: t}.String()) // Flush tells
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	_ = l.f.Close() // only read, or synced
	l.f = nil
	if err := platform.UntilFree(func() error { return os.Rename(tmp.Name(), l.path) }); err != nil {
		return err
	}
	return platform.SyncDir(filepath.Dir(l.path))
}

func (l *logFile) close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}
