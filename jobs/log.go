package jobs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/specweave/specweave/platform"
)

// Log writes a job's log: one line a message, "[2026-01-02T15:04:05.000Z] text",
// as SpecWeave writes its own. It may be used from any goroutine; a nil Log
// drops what it is given. A log that cannot be written stops no job.
type Log struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLog returns a log that writes to w.
func NewLog(w io.Writer) *Log { return &Log{w: w} }

// Printf writes one line. Control characters are escaped.
func (l *Log) Printf(format string, args ...any) {
	if l == nil {
		return
	}
	line := fmt.Sprintf("[%s] %s\n", stamp(time.Now()), Printable(fmt.Sprintf(format, args...)))
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.w, line)
}

// timeLayout is how JavaScript's Date writes itself.
const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// Printable returns s with everything escaped that could move a terminal's
// cursor, change its colours or reorder the text around it: control and
// format characters and bytes that are not UTF-8. Names and messages from
// elsewhere pass through it before a person sees them.
func Printable(s string) string {
	safe := func(r rune) bool {
		return r != unicode.ReplacementChar && !unicode.Is(unicode.C, r) && r != '\u2028' && r != '\u2029'
	}
	if strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar && s[i] != "\uFFFD"[0]:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case safe(r), r == unicode.ReplacementChar:
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// maxTail bounds what Tail reads, whatever a log holds; lines are cut then.
const maxTail = 16 << 20

// Tail returns the last n lines of the job's log, all of them if n <= 0, and
// the offset after them. A job without a log has no lines. Only the end of the
// file is read.
func (s *Store) Tail(id string, n int) (lines []string, end int64, err error) {
	f, err := platform.Open(s.LogPath(id))
	if os.IsNotExist(err) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("job %s: log: %w", id, err)
	}
	defer func() { _ = f.Close() }()
	end, err = f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, fmt.Errorf("job %s: log: %w", id, err)
	}
	from := int64(0)
	var data []byte
	for size := int64(64 << 10); ; size *= 4 {
		if n > 0 {
			from = max(end-size, 0)
		}
		data = make([]byte, end-from)
		if _, err := io.ReadFull(io.NewSectionReader(f, from, end-from), data); err != nil {
			return nil, 0, fmt.Errorf("job %s: log: %w", id, err)
		}
		if from == 0 || bytes.Count(data, []byte("\n")) > n || size >= maxTail {
			break
		}
	}
	text := strings.TrimSuffix(string(data), "\n")
	if text == "" {
		return nil, end, nil
	}
	lines = strings.Split(text, "\n")
	if n > 0 && len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return lines, end, nil
}
