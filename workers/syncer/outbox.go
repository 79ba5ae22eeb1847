package syncer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
)

// intent is a change of an item that is about to be sent, or was.
type intent struct {
	Time    time.Time         `json:"t"`
	Source  string            `json:"source"`            // as the journal calls it
	ID      string            `json:"id,omitempty"`      // of the story; "": its item is made
	Path    string            `json:"path"`              // of the story, relative to the project
	Since   time.Time         `json:"since,omitzero"`    // what the change makes was made after this, by the tracker's clock
	Sent    map[string]string `json:"sent,omitempty"`    // values of the story that Write carries, see [stories.Draft]
	Based   map[string]string `json:"based,omitempty"`   // likewise
	Text    string            `json:"text,omitempty"`    // what was made of Based, in Markdown
	Comment string            `json:"comment,omitempty"` // likewise the comment, see [stories.Comment]
	Unsent  int               `json:"unsent,omitempty"`  // how many new comments like that there were
	What    string            `json:"what,omitempty"`    // is changed, for people
	Planned map[string]string `json:"planned,omitempty"` // its texts by field, before [sourced.patched]: refusals go by them
	Write   workers.Write     `json:"write"`

	answer *workers.Item // nil: the tracker has not said
	whole  bool          // the answer has all comments

	profile string // whose it is; "": one's own
}

// line is one of the file: of an intent, of the answer to it, or that all of it
// is dealt with.
type line struct {
	Mark   string        `json:"mark"`
	Intent *intent       `json:"intent,omitempty"`
	Answer *workers.Item `json:"answer,omitempty"`
	Done   bool          `json:"done,omitempty"`
}

// outbox is what a profile has sent, and about to send. An intent is durable
// before its request leaves, and stays until the library has the answer. Its
// file holds little but the last sync: it is emptied when nothing is open.
type outbox struct {
	f    *os.File
	open []*intent // in the order in which they were made
}

// maxLine bounds a line: a body in the largest form that a tracker takes.
const maxLine = 32 << 20

const outboxFile = "outbox.jsonl"

// openOutbox reads the outbox of a profile, whose lease the caller has. A last
// line that is not whole is removed: its request never left.
func openOutbox(dir string) (*outbox, error) {
	path := filepath.Join(dir, outboxFile)
	_, missing := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil && errors.Is(missing, os.ErrNotExist) {
		err = platform.SyncDir(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	o := &outbox{f: f}
	if err := o.read(); err != nil {
		return nil, fmt.Errorf("outbox: %w", errors.Join(err, f.Close()))
	}
	return o, nil
}

func (o *outbox) read() error {
	end, err := o.scan()
	if err != nil {
		return err
	}
	if len(o.open) == 0 {
		end = 0
	}
	if err := o.f.Truncate(end); err != nil {
		return err
	}
	_, err = o.f.Seek(end, io.SeekStart)
	return err
}

// scan reads all lines, and says where the last that is whole ends.
func (o *outbox) scan() (int64, error) {
	r := bufio.NewReaderSize(o.f, 1<<16)
	end := int64(0)
	for n := 1; ; n++ {
		data, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // torn, if there is any
			return end, nil
		}
		if err != nil {
			return 0, err
		}
		var l line
		if err := json.Unmarshal(bytes.TrimRight(data, "\x00\n"), &l); err != nil || //nolint:musttag // an item has no tags, and nobody else reads it
			len(data) > maxLine || l.Mark == "" {
			return 0, fmt.Errorf("line %d of %s is damaged; what it says was sent has to be looked up by a person", n, o.f.Name())
		}
		o.apply(l)
		end += int64(len(data))
	}
}

func (o *outbox) apply(l line) {
	at := slices.IndexFunc(o.open, func(i *intent) bool { return i.Write.Mark == l.Mark })
	switch {
	case l.Intent != nil && at < 0:
		o.open = append(o.open, l.Intent)
	case at < 0:
	case l.Intent != nil:
		o.open[at].Time = l.Intent.Time
	case l.Done:
		o.open = slices.Delete(o.open, at, at+1)
	case l.Answer != nil:
		o.open[at].answer = l.Answer
	}
}

// begin makes an intent durable, or its time if it is that already.
func (o *outbox) begin(i *intent) error {
	if err := o.write(line{Mark: i.Write.Mark, Intent: i}); err != nil {
		return err
	}
	if err := o.f.Sync(); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// answered notes what the tracker has answered. If the note is lost the tracker
// is asked.
func (o *outbox) answered(i *intent, item workers.Item) error {
	return o.write(line{Mark: i.Write.Mark, Answer: &item})
}

// done notes that an intent is dealt with: it is in the library, or was never
// carried out.
func (o *outbox) done(i *intent) error { return o.write(line{Mark: i.Write.Mark, Done: true}) }

func (o *outbox) write(l line) error {
	data, err := json.Marshal(l) //nolint:musttag // an item has no tags, and nobody else reads it
	if err == nil {
		_, err = o.f.Write(append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	o.apply(l)
	return nil
}

// of are the open intents of a source.
func (o *outbox) of(source string) []*intent {
	var all []*intent
	for _, i := range o.open {
		if i.Source == source {
			all = append(all, i)
		}
	}
	return all
}

func (o *outbox) close() error { return o.f.Close() }
