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
)

// This file reads repositories without git. See gitrepository-layout(5) and
// gitformat-pack(5).

var objectID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// errReftable says that refs are in a format only git reads.
var errReftable = errors.New("refs are in a reftable")

// checkHead reports why HEAD of the repository with that git directory leads
// to no object. A HEAD whose branch does not exist is right where there are no
// refs at all: the remote was empty. Connectivity is git's to prove, see the
// package comment.
func checkHead(gitDir string) error {
	if info, err := os.Stat(filepath.Join(gitDir, "reftable")); err == nil && info.IsDir() {
		return errReftable
	}
	id, ref, err := resolve(gitDir, "HEAD", 0)
	if errors.Is(err, fs.ErrNotExist) && ref != "HEAD" {
		some, err := anyRef(gitDir)
		if err != nil {
			return err
		}
		if some && !headless(gitDir) {
			return fmt.Errorf("HEAD leads to %s, which does not exist", ref)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("HEAD cannot be read: %w", err)
	}
	return findObject(gitDir, id)
}

// headless reports whether a remote's HEAD may lead nowhere although it has
// refs: no branch was checked out, so there is no index and no local branch.
func headless(gitDir string) bool {
	entries, _ := os.ReadDir(filepath.Join(gitDir, "refs", "heads"))
	_, err := os.Lstat(filepath.Join(gitDir, "index"))
	return len(entries) == 0 && errors.Is(err, fs.ErrNotExist)
}

// resolve follows symbolic refs. It returns the last ref it saw.
func resolve(gitDir, ref string, depth int) (id, last string, err error) {
	if depth > 5 || !filepath.IsLocal(filepath.FromSlash(ref)) {
		return "", ref, errors.New("malformed symbolic ref")
	}
	data, err := os.ReadFile(filepath.Join(gitDir, filepath.FromSlash(ref)))
	if err != nil {
		if id, ok := packedRef(gitDir, ref); ok {
			return id, ref, nil
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
