package workers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
)

const (
	configName = ".specweave/config.json"
	configLock = ".specweave/state/config.lock"

	registerWait  = 10 * time.Second       // for other jobs that write the file
	registerHurry = time.Second            // the same when the worker was asked to end
	tornWait      = 100 * time.Millisecond // SpecWeave writes in place: half a file may be read
)

// register enters the repositories of the job that are there into the project's
// .specweave/config.json, for SpecWeave: at the end of every attempt, so that
// those of a paused job are known too. Failed ones are left out, and so are
// mirrors, which have no files to work with. What goes wrong is for the log:
// the clones are there, and the next job says so again.
func (w *cloning) register(ctx context.Context) {
	if w.config.Mirror {
		return
	}
	there := make([]Repository, 0, len(w.config.Repositories))
	for i, item := range w.config.Items() {
		r := w.config.Repositories[i]
		if !w.progress.Succeeded(item) {
			continue
		}
		if info, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(r.Path))); err == nil && info.IsDir() {
			there = append(there, r)
		}
	}
	if len(there) == 0 {
		return
	}
	wait := registerWait
	if ctx.Err() != nil {
		wait = registerHurry
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
	defer cancel()
	ws := workspace{root: w.root, dir: w.dir, home: lookup(w.env, "HOME"), job: w.config.Repositories, servers: w.config.Servers}
	n, err := ws.register(ctx, there, time.Now())
	if err != nil {
		w.logf("%s is left as it is: %v", configName, err)
		return
	}
	if n > 0 {
		w.logf("%s: %d of %d repositories are new in it", configName, n, len(there))
	}
	if removed := ws.tidy(); removed != "" {
		w.logf("%s removed: the repositories have folders of their own", removed)
	}
}

// workspace is the list of a project's repositories in its config.json:
// workspace.repos, or umbrella.childRepos of before SpecWeave's version 3.
type workspace struct {
	root *os.Root
	dir  string // of root, without symbolic links
	home string
	job  []Repository // all of the job

	servers map[string]Kind // of the job

	looked func() // called between reading and writing, by tests; may be nil
}

// register adds the repositories that the list lacks and returns how many
// those were.
func (ws workspace) register(ctx context.Context, there []Repository, now time.Time) (added int, err error) {
	return ws.change(ctx, func(old []byte) ([]byte, int, error) {
		return enrol(old, ws.dir, newMembers(ws.job, ws.servers), there, now)
	})
}

// change replaces the file by what edit makes of it, nil if there is none, and
// returns the number that edit does; with 0 it stays as it is. It holds a lock of
// ours, and looks whether SpecWeave, which takes none, has changed the file
// meanwhile.
func (ws workspace) change(ctx context.Context, edit func(old []byte) ([]byte, int, error)) (n int, err error) {
	lock, err := ws.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = lock.Close() }()
	for {
		file, old, err := ws.read(ctx)
		if err != nil {
			return 0, err
		}
		text, n, err := edit(old)
		if err != nil || n == 0 || bytes.Equal(text, old) {
			return 0, err
		}
		if ws.looked != nil {
			ws.looked()
		}
		if again, err := os.ReadFile(file); err == nil && !bytes.Equal(again, old) || err != nil && old != nil {
			if ctx.Err() != nil {
				return 0, errors.New("others write it all the time")
			}
			continue
		}
		if old == nil {
			return n, platform.WriteFile(file, text)
		}
		return n, platform.RewriteFile(file, text)
	}
}

func (ws workspace) lock(ctx context.Context) (*platform.Lock, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		lock, err := platform.TryLock(filepath.Join(ws.dir, filepath.FromSlash(configLock)))
		if !errors.Is(err, platform.ErrLocked) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// read returns the file that the list is in and what it holds, nil if there is
// none. One that is being written is read again.
func (ws workspace) read(ctx context.Context) (file string, text []byte, err error) {
	file, err = ws.file()
	if err != nil {
		return "", nil, err
	}
	for end := time.Now().Add(tornWait); ; {
		text, err = readConfig(file)
		var torn *misplaced
		if err == nil && text != nil {
			_, torn = readDocument(text)
		}
		switch {
		case err != nil || torn == nil:
			return file, text, err
		case time.Now().After(end) || ctx.Err() != nil:
			return "", nil, fmt.Errorf("it is no JSON object: %s at offset %d", torn.reason, torn.offset)
		}
		select {
		case <-ctx.Done():
		case <-time.After(tornWait / 5):
		}
	}
}

// file is where config.json is: it may be a symbolic link, but only to a file
// of the project. SpecWeave makes it where there is none, and so do we; but not
// in the home directory, which would become a project with all below it.
func (ws workspace) file() (string, error) {
	path := filepath.Join(ws.dir, filepath.FromSlash(configName))
	target, err := filepath.EvalSymlinks(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return "", errors.New("it is a symbolic link to nothing")
		}
		if home, err := filepath.EvalSymlinks(ws.home); err == nil && home == ws.dir {
			return "", errors.New("there is none, and this is the home directory")
		}
		target, err = filepath.EvalSymlinks(filepath.Dir(path))
		target = filepath.Join(target, filepath.Base(path))
	case err == nil:
	}
	if err != nil {
		return "", bare(err)
	}
	base, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", bare(err)
	}
	for _, dir := range []string{ws.dir, base} { // .specweave itself may be elsewhere
		if rel, err := filepath.Rel(dir, target); err == nil && filepath.IsLocal(rel) {
			return target, nil
		}
	}
	return "", errors.New("it is a symbolic link that leaves the project")
}

// readConfig reads a file that its owner may write, up to the size of a list.
func readConfig(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, bare(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Mode().Perm()&0o200 == 0:
		return nil, errors.New("it is read-only")
	case info.Size() > maxList:
		return nil, errors.New("it is larger than 16 MiB")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, bare(err)
	}
	return text, nil
}

// tidy removes the folder for specs of the project itself, which SpecWeave
// makes at init, if there is nothing in it but a README.md: with more than one
// repository each has a folder of its own. It returns the folder's path if it
// was there.
func (ws workspace) tidy() string {
	var config struct {
		Project struct {
			Name string `json:"name"`
		} `json:"project"`
	}
	file, err := ws.file()
	if err != nil {
		return ""
	}
	text, err := readConfig(file)
	if err != nil || json.Unmarshal(text, &config) != nil {
		return ""
	}
	name := strings.ToLower(config.Project.Name)
	if segmentReason(name) != "" || strings.Contains(name, "/") {
		return ""
	}
	dir := ".specweave/docs/internal/specs/" + name
	at := filepath.FromSlash(dir)
	if info, err := ws.root.Lstat(at); err != nil || !info.IsDir() {
		return ""
	}
	f, err := ws.root.Open(at)
	if err != nil {
		return ""
	}
	found, err := f.ReadDir(2)
	_ = f.Close()
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	readme := len(found) == 1 && found[0].Name() == "README.md" && found[0].Type().IsRegular()
	if len(found) > 0 && !readme {
		return ""
	}
	if readme && ws.root.Remove(filepath.Join(at, "README.md")) != nil || ws.root.Remove(at) != nil {
		return ""
	}
	return jobs.Printable(dir)
}
