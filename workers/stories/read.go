package stories

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

func readFeature(specs *os.Root, dir, name string, n int) feature {
	f := feature{number: n, dir: dir}
	data, err := readSome(specs, path.Join(dir, name))
	if err != nil {
		return f
	}
	fields := frontMatter(data)
	f.source, f.repo, f.external = fields["source"], fields["source_repo"], Normalize(fields["external_id"])
	f.created, _ = time.Parse(time.RFC3339, fields["created"])
	return f
}

// readDir lists a directory, which symbolic links do not lead out of specs.
func readDir(specs *os.Root, dir string) ([]fs.DirEntry, error) {
	d, err := specs.Open(dir)
	if err != nil {
		return nil, err
	}
	entries, err := d.ReadDir(-1)
	return entries, errors.Join(err, d.Close())
}

const (
	maxRead  = 64 << 10 // of a story at once; more is read in two pieces
	maxFront = 8 << 10
	maxFile  = 16 << 20 // of a file that is read whole
)

var (
	errLarge = errors.New("file is larger than 16 MiB")
	errLink  = errors.New("it is a symbolic link")
	errNone  = errors.New("it is not a file")
)

// readRegular reads a whole file, if it is one.
func readRegular(root *os.Root, name string) (string, fs.FileInfo, error) {
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return "", nil, bare(err)
	case info.Mode()&fs.ModeSymlink != 0:
		return "", nil, errLink
	case !info.Mode().IsRegular():
		return "", nil, errNone
	case info.Size() > maxFile:
		return "", nil, errLarge
	}
	f, err := root.Open(name)
	if err != nil {
		return "", nil, bare(err)
	}
	var b bytes.Buffer
	b.Grow(int(info.Size()) + bytes.MinRead)
	_, err = b.ReadFrom(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return "", nil, bare(err)
	}
	return b.String(), info, nil
}

// shelf reads files of one folder after the other: a path is looked up part by
// part.
type shelf struct {
	specs, root *os.Root
	dir         string
}

func (s *shelf) read(e entry) (string, fs.FileInfo, error) {
	if s.root == nil || s.dir != e.dir {
		s.close()
		root, err := s.specs.OpenRoot(filepath.FromSlash(e.dir))
		if err != nil {
			return "", nil, bare(err)
		}
		s.root, s.dir = root, e.dir
	}
	return readRegular(s.root, e.name)
}

func (s *shelf) close() {
	if s.root != nil {
		_ = s.root.Close() // only read
		s.root = nil
	}
}

// readSome reads the start of a file.
func readSome(specs *os.Root, name string) (string, error) {
	f, err := specs.Open(name)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFront))
	return string(data), errors.Join(err, f.Close())
}

var externalIDLine = lazyregexp.New(`(?m)^-\s+\*\*External ID\*\*:[ \t]+(.+)$`)

// externalIDOf reads whose story a file is: the external_id of its front
// matter, or the line of its metadata. It is normalized, and "" if the file
// tells none or cannot be read.
func externalIDOf(specs *os.Root, name string, buf []byte) string {
	f, err := specs.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	n, err := io.ReadFull(f, buf)
	if err == nil { // there is more: the metadata is at the end
		start := string(buf[:maxFront])
		if id := frontMatter(start)["external_id"]; id != "" {
			return Normalize(id)
		}
		info, err := f.Stat()
		if err != nil {
			return ""
		}
		if n, err = f.ReadAt(buf, max(0, info.Size()-maxRead)); err != nil && !errors.Is(err, io.EOF) {
			return ""
		}
	}
	return externalIDIn(string(buf[:n]))
}

// externalIDIn finds it in the text of a story or the end of one. The last line
// counts: a description may have lines that look like it.
func externalIDIn(text string) string {
	if id := frontMatter(text)["external_id"]; id != "" {
		return Normalize(id)
	}
	const mark = "**External ID**:"
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], mark)
		if at < 0 {
			return ""
		}
		start := strings.LastIndexByte(text[:at], '\n') + 1
		line, _, _ := strings.Cut(text[start:], "\n")
		if m := externalIDLine.FindStringSubmatch(line); m != nil {
			return Normalize(m[1])
		}
		end = at
	}
}
