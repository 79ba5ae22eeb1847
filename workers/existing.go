package workers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// isWhole reports whether dir is a whole repository, see whole.go, and why if
// it is a broken one.
func isWhole(ctx context.Context, git Git, env []string, dir string) (ok bool, why string) {
	gitDir := filepath.Join(dir, ".git")
	info, err := os.Lstat(gitDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if gitDir = dir; !isBare(dir) {
			return false, ""
		}
	case err != nil:
		return false, bare(err).Error()
	case info.IsDir():
		if !isBare(gitDir) {
			return false, ".git is not a repository"
		}
		index, err1 := os.Lstat(filepath.Join(gitDir, "index"))
		_, err2 := os.Lstat(filepath.Join(gitDir, "index.lock"))
		if index == nil && err1 != nil && err2 == nil {
			return false, "its checkout was cut off"
		}
	}
	switch where, why := git.askHead(ctx, env, gitDir); where {
	case born, unborn:
		return true, ""
	case void:
		return expectsBranch(gitDir), "it has no commit"
	case broken:
		return false, why
	}
	return false, ""
}

// treeless matches the filters of partial clones that leave trees out, see
// git-rev-list(1).
var treeless = lazyregexp.New(`tree(?::|%3[Aa])|object:type=(?:blob|commit|tag)`)

// askHead is headOf for a repository of any kind: git is asked. A .git that is
// a file leads to the repository of a worktree or a submodule.
func (g Git) askHead(ctx context.Context, env []string, gitDir string) (where head, why string) {
	ask := func(args ...string) (string, error) { return g.ask(ctx, env, gitDir, args...) }
	if _, err := ask("rev-parse", "--quiet", "--verify", "HEAD^{tree}"); err == nil {
		return born, ""
	}
	if filters, err := ask("config", "--get-regexp", `^remote\..*\.partialclonefilter$`); err == nil && treeless.MatchString(filters) {
		if _, err := ask("rev-parse", "--quiet", "--verify", "HEAD^{commit}"); err == nil {
			return born, ""
		}
	}
	const none = "its HEAD leads to no commit that is whole"
	branch, err := ask("symbolic-ref", "--quiet", "HEAD")
	if err != nil {
		return broken, none
	}
	if _, err := ask("rev-parse", "--quiet", "--verify", branch); err == nil {
		return broken, none // its object is missing
	}
	// A file that holds no object name, as a crash may leave it, is no ref to git.
	file, err := ask("rev-parse", "--git-path", branch)
	if info, err1 := os.Lstat(file); err != nil || err1 == nil && !info.IsDir() {
		return broken, none
	}
	switch some, err := ask("for-each-ref", "--count=1", "--format=%(objecttype)"); { // which reads the object
	case err != nil:
		return broken, "a ref leads to no object"
	case some != "" && !cutOff(gitDir):
		return unborn, ""
	case some == "" && pristine(gitDir):
		return void, ""
	}
	return broken, none
}

// lookTimeout bounds one look of git at a repository on this machine, which
// takes milliseconds.
const lookTimeout = time.Minute

// ask runs git on the repository with that git directory and returns the line
// that it prints. The directory is given, or git would look for a repository
// further up. A missing object is not fetched: no protocol is allowed.
func (g Git) ask(ctx context.Context, env []string, gitDir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.Path, append([]string{"--git-dir=" + gitDir}, args...)...) //nolint:gosec // a path below the project
	cmd.Env = append(env[:len(env):len(env)], "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1")
	cmd.WaitDelay = outputGrace
	apart(cmd)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// isBare reports whether dir has what git takes for a git directory.
func isBare(dir string) bool {
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	info, err := os.Lstat(filepath.Join(dir, "HEAD"))
	return err == nil && (info.Mode().IsRegular() || info.Mode().Type() == fs.ModeSymlink)
}

// remainder matches the files that git itself has made by the time it is
// killed before the first ref is written.
var remainder = lazyregexp.New(`^(HEAD(\.lock)?|config(\.lock)?|description|shallow\.lock|info/exclude|hooks/[^/]+\.sample|objects/(.*/)?tmp_[^/]+|packed-refs\.lock)$`)

// isRemains reports whether gitDir is what a killed clone of cloneURL, or a
// mkdir, leaves: no ref, no index, no object that anything names, and no
// configuration but git's own with that URL.
func isRemains(gitDir, cloneURL string) bool {
	files := 0
	err := filepath.WalkDir(gitDir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		rel, err := filepath.Rel(gitDir, p)
		if err != nil || !d.Type().IsRegular() || !remainder.MatchString(filepath.ToSlash(rel)) {
			return fs.SkipAll
		}
		files--
		return nil
	})
	if err != nil || files != 0 {
		return false
	}
	return empty(gitDir) || hasOrigin(gitDir, cloneURL)
}

func empty(dir string) bool {
	some, err := hasFile(dir)
	return err == nil && !some
}

// hasOrigin reports whether the configuration has a remote with that URL and
// nothing but what git writes at the start of a clone.
func hasOrigin(gitDir, cloneURL string) bool { return onlyOrigin(gitDir, cloneURL, knownKey) }

// onlyOrigin is hasOrigin for other keys than those.
func onlyOrigin(gitDir, cloneURL string, known *lazyregexp.Regexp) bool {
	data, err := os.ReadFile(filepath.Join(gitDir, "config"))
	if err != nil {
		return false
	}
	found := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch {
		case key == "url":
			if !sameRemote(value, cloneURL) {
				return false
			}
			found = true
		case line == "", line == "[core]", strings.HasPrefix(line, `[remote "`), strings.HasPrefix(line, "[extensions]"):
		case known.MatchString(key):
		default:
			return false
		}
	}
	return found
}

var knownKey = lazyregexp.New(`^(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|fetch|promisor|partialclonefilter|partialclone|objectformat|refstorage|tagopt|mirror)$`)

// mirrorKey matches what a mirror may have besides: what [cloning.expectBranch]
// writes, and how it packs and keeps its objects.
var mirrorKey = lazyregexp.New(knownKey.String() + `|^(\[(branch ".*"|gc|pack|repack)\]|remote|merge|auto|autopacklimit|autodetach|threads|windowmemory|writebitmaps)$`)

// sameRemote compares URLs without credentials, a final slash and .git.
func sameRemote(a, b string) bool {
	norm := func(s string) string {
		if e, ok := parseEndpoint(s); ok {
			return e.key()
		}
		return strings.TrimSuffix(strings.TrimRight(s, "/"), ".git")
	}
	return norm(a) == norm(b)
}
