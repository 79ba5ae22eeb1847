package workers

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// This file says what a whole repository is, and reads one without git: see
// gitrepository-layout(5) and gitformat-pack(5).
//
// A repository is whole if no checkout was cut off in it and HEAD leads
//
//   - to a commit that is there with its tree, unless it is a partial clone that
//     leaves trees out, or
//   - to a branch that is not there yet, while there are other refs: so git
//     clones a remote that has only tags, or whose own HEAD leads nowhere, and
//     so `git checkout --orphan` leaves a repository, or
//   - to a branch that is not there yet, in a finished clone of a remote without
//     commits: there is no ref, no object and no index, and that branch has a
//     remote in the configuration. Git writes that when it has heard the remote
//     (builtin/clone.c), but not in a bare repository, where [cloning.check] does.
//
// This holds for what is found at a path as for what git has just cloned, or a
// repository would be whole when it is made and broken when it is found. Only
// the proof differs. Of a clone git itself has proved that every object is
// there, see the package comment, and headOf reads the rest in process. What is
// found may be anything, a worktree or one with alternates, so that askHead
// asks git.

// head is where the HEAD of a repository leads.
type head int

const (
	broken head = iota // nowhere
	born               // to a commit that is there
	unborn             // to a branch that is not there yet, beside other refs
	void               // to a branch that is not there yet, and there is nothing else
)

var objectID = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// errReftable says that refs are in a format only git reads.
var errReftable = errors.New("refs are in a reftable")

// headOf says where HEAD of the repository with that git directory leads, and
// why if it is broken.
func headOf(gitDir string) (head, error) {
	if info, err := os.Stat(filepath.Join(gitDir, "reftable")); err == nil && info.IsDir() {
		return broken, errReftable
	}
	id, ref, err := resolve(gitDir, "HEAD", 0)
	switch {
	case err == nil:
		if err := findObject(gitDir, id); err != nil {
			return broken, err
		}
		return born, nil
	case !errors.Is(err, fs.ErrNotExist) || ref == "HEAD":
		return broken, fmt.Errorf("HEAD cannot be read: %w", err)
	}
	some, err := anyRef(gitDir)
	switch {
	case err != nil:
		return broken, err
	case some && !cutOff(gitDir):
		return unborn, nil
	case !some && pristine(gitDir):
		return void, nil
	}
	return broken, fmt.Errorf("HEAD leads to %s, which does not exist", ref)
}

// cutOff reports whether a clone was killed when it had its refs and not yet a
// branch of its own: the remote's HEAD leads somewhere, and nothing was checked
// out.
func cutOff(gitDir string) bool {
	remotes, _ := filepath.Glob(filepath.Join(globQuote(gitDir), "refs", "remotes", "*", "HEAD"))
	return len(remotes) > 0 && empty(filepath.Join(gitDir, "refs", "heads")) && !hasIndex(gitDir)
}

// hasIndex reports whether something was checked out or staged.
func hasIndex(gitDir string) bool {
	_, err := os.Lstat(filepath.Join(gitDir, "index"))
	return !errors.Is(err, fs.ErrNotExist)
}

// pristine reports whether there is no object and no index.
func pristine(gitDir string) bool {
	objects, err := os.ReadDir(filepath.Join(gitDir, "objects"))
	for _, e := range objects {
		if e.Name() != "info" && !empty(filepath.Join(gitDir, "objects", e.Name())) {
			return false
		}
	}
	return err == nil && !hasIndex(gitDir)
}

// maxConfig is how much of a configuration is read, in bytes.
const maxConfig = 1 << 20

// expectsBranch reports whether a branch has a remote in the configuration.
func expectsBranch(gitDir string) bool {
	data, err := readRegular(filepath.Join(gitDir, "config"), maxConfig)
	return err == nil && strings.Contains(string(data), "\n[branch \"")
}

// resolve follows symbolic refs. It returns the last ref it saw.
func resolve(gitDir, ref string, depth int) (id, last string, err error) {
	if depth > 5 || !filepath.IsLocal(filepath.FromSlash(ref)) {
		return "", ref, errors.New("malformed symbolic ref")
	}
	file := filepath.Join(gitDir, filepath.FromSlash(ref))
	data, err := os.ReadFile(file)
	if err != nil {
		if id, ok := packedRef(gitDir, ref); ok {
			return id, ref, nil
		}
		if info, err := os.Lstat(file); err == nil && !info.IsDir() {
			return "", ref, errors.New(ref + " cannot be read")
		}
		return "", ref, fs.ErrNotExist
	}
	text := strings.TrimSpace(string(data))
	if next, ok := strings.CutPrefix(text, "ref:"); ok {
		return resolve(gitDir, strings.TrimSpace(next), depth+1)
	}
	if !objectID.MatchString(text) {
		return "", ref, fmt.Errorf("%s holds no object name", ref)
	}
	return text, ref, nil
}

func packedRef(gitDir, ref string) (string, bool) {
	data, err := os.ReadFile(filepath.Join(gitDir, "packed-refs"))
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(data)) {
		if id, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == ref && objectID.MatchString(id) {
			return id, true
		}
	}
	return "", false
}

// anyRef reports whether a repository has a ref.
func anyRef(gitDir string) (bool, error) {
	if data, err := os.ReadFile(filepath.Join(gitDir, "packed-refs")); err == nil {
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				return true, nil
			}
		}
	}
	return hasFile(filepath.Join(gitDir, "refs"))
}

// hasFile reports whether there is anything but directories below dir.
func hasFile(dir string) (bool, error) {
	found := errors.New("found")
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !d.IsDir():
			return found
		}
		return nil
	})
	if errors.Is(err, found) {
		return true, nil
	}
	return false, err
}

// findObject reports an error unless the object is there, loose or in a pack.
func findObject(gitDir, id string) error {
	objects := filepath.Join(gitDir, "objects")
	if _, err := os.Stat(filepath.Join(objects, id[:2], id[2:])); err == nil {
		return nil
	}
	raw, err := hex.DecodeString(id)
	if err != nil {
		return err
	}
	indexes, err := filepath.Glob(filepath.Join(globQuote(objects), "pack", "*.idx"))
	if err != nil {
		return err
	}
	for _, idx := range indexes {
		if _, err := os.Stat(strings.TrimSuffix(idx, ".idx") + ".pack"); err != nil {
			continue
		}
		if ok, err := inIndex(idx, raw); err != nil {
			return fmt.Errorf("%s: %w", path.Base(filepath.ToSlash(idx)), err)
		} else if ok {
			return nil
		}
	}
	return fmt.Errorf("object %s of HEAD is missing", id)
}

func globQuote(s string) string {
	if os.PathSeparator == '\\' {
		return s // Glob has no escapes there
	}
	return regexp.MustCompile(`[*?[\\]`).ReplaceAllString(s, `\$0`)
}

// inIndex looks for an object name in the index of a pack, version 2.
func inIndex(idx string, id []byte) (bool, error) {
	f, err := os.Open(idx)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	const header, fanout = 8, 256 * 4
	head := make([]byte, header+fanout)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head[:8], []byte("\xfftOc\x00\x00\x00\x02")) {
		return false, errors.New("not an index of a pack")
	}
	count := func(b int) int64 {
		if b < 0 {
			return 0
		}
		return int64(binary.BigEndian.Uint32(head[header+4*b:]))
	}
	low, high := count(int(id[0])-1), count(int(id[0]))
	name := make([]byte, len(id))
	for low < high {
		mid := low + (high-low)/2
		if _, err := f.ReadAt(name, header+fanout+mid*int64(len(id))); err != nil {
			return false, errors.New("index of a pack is cut off")
		}
		switch c := bytes.Compare(id, name); {
		case c == 0:
			return true, nil
		case c < 0:
			high = mid
		default:
			low = mid + 1
		}
	}
	return false, nil
}
