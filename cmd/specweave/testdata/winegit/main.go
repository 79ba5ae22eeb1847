// Command winegit is git.exe under Wine: it runs the git of the system around
// Wine, which has none of its own. Wine starts programs of that system with
// files for streams, and does not tell how they end, so that a file does.
//
// It is started beside a file sh.exe that leads to the shell.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// drive begins a path of the root that Wine calls Z:.
var drive = lazyregexp.New(`[zZ]:[\\/]`)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "winegit:", err)
		code = 125
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(self), "git")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "git")
	args = append([]string{"-c", script, "sh", name}, args...)
	for i, arg := range args[3:] {
		args[3+i] = unix(arg)
	}
	c := exec.Command(filepath.Join(filepath.Dir(self), "sh.exe"), args...)
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "GIT_") {
			kv = unix(kv)
		}
		c.Env = append(c.Env, kv)
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	var passed [2]int64
	for {
		end, err := os.ReadFile(name + ".end")
		for i, to := range []*os.File{os.Stdout, os.Stderr} {
			n, err := pass(to, fmt.Sprint(name, ".", i+1), passed[i])
			if err != nil {
				return 0, err
			}
			passed[i] += n
		}
		if err == nil {
			return strconv.Atoi(strings.TrimSpace(string(end)))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// script runs git. The pipes of Wine are none of the system's, so that its
// streams are files.
const script = `
f=$1; shift
PATH=/usr/local/bin:/usr/bin:/bin
git "$@" </dev/null >"$f.1" 2>"$f.2"
echo $? >"$f.new"
mv "$f.new" "$f.end"`

// pass copies what a file has from offset on.
func pass(to io.Writer, path string, offset int64) (int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(to, f)
}

// unix turns a path of Wine's, or what contains one, into the system's.
func unix(s string) string {
	if s == "NUL" || strings.HasSuffix(s, "=NUL") {
		return strings.TrimSuffix(s, "NUL") + "/dev/null"
	}
	if !drive.MatchString(s) {
		return s
	}
	s = strings.ReplaceAll(s, "file:///Z:/", "file:///")
	return strings.ReplaceAll(drive.ReplaceAllString(s, "/"), `\`, "/")
}
