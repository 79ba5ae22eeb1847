package workers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// isWhole reports whether dir is a repository that someone can work with: HEAD
// leads to a commit and its tree, or there is none as at the remote, and a
// checkout was not cut off. Without a repository why
// is empty.
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
	// A .git that is a file leads to the repository: a worktree, a submodule.
	// The path is given, or git would look for a repository further up. A
	// missing object is not fetched: no protocol is allowed.
	want := "HEAD^{tree}"
	if isPartial(gitDir) { // which may do without trees
		want = "HEAD^{commit}"
	}
	cmd := exec.CommandContext(ctx, git.Path, "--git-dir="+gitDir, "rev-parse", "--quiet", "--verify", want) //nolint:gosec // a path below the project
	cmd.Env = append(env[:len(env):len(env)], "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1")
	apart(cmd)
	cmd.WaitDelay = time.Second
	if cmd.Run() == nil || isEmptyClone(gitDir) || isHeadless(gitDir) {
		return true, ""
	}
	return false, "its HEAD leads to no commit that is whole"
}

// isBare reports whether dir has what git takes for a git directory.
func isBare(dir string) bool {
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	_, err := os.Lstat(filepath.Join(dir, "HEAD"))
	return err == nil
}

// remainder matches the files that git itself has made by the time it is
// killed before the first ref is written.
var remainder = regexp.MustCompile(`^(HEAD(\.lock)?|config(\.lock)?|description|shallow\.lock|info/exclude|hooks/[^/]+\.sample|objects/(.*/)?tmp_[^/]+|packed-refs\.lock)$`)

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
func hasOrigin(gitDir, cloneURL string) bool {
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
		case knownKey.MatchString(key):
		default:
			return false
		}
	}
	return found
}

var knownKey = regexp.MustCompile(`^(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|fetch|promisor|partialclonefilter|partialclone|objectformat|refstorage|tagopt|mirror)$`)

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

// isPartial reports whether gitDir is of a partial clone.
func isPartial(gitDir string) bool {
	data, err := os.ReadFile(filepath.Join(gitDir, "config"))
	return err == nil && strings.Contains(strings.ToLower(string(data)), "\n\tpromisor = true")
}

// isHeadless reports whether gitDir is a finished clone of a repository whose
// HEAD leads to a branch that it has not: refs are written when all objects
// are there, and with them, where the remote's HEAD leads somewhere, that.
func isHeadless(gitDir string) bool {
	some, err := anyRef(gitDir)
	if err != nil || !some || !headless(gitDir) {
		return false
	}
	if known, _ := filepath.Glob(filepath.Join(globQuote(gitDir), "refs", "remotes", "*", "HEAD")); len(known) > 0 {
		return false // killed before it had a branch of its own
	}
	_, ref, err := resolve(gitDir, "HEAD", 0)
	return errors.Is(err, fs.ErrNotExist) && ref != "HEAD"
}

// isEmptyClone reports whether gitDir is a finished clone of a repository
// without commits: no ref, but the branch that is to come is configured, which
// git does after it has spoken with the remote.
func isEmptyClone(gitDir string) bool {
	if some, err := anyRef(gitDir); some || err != nil {
		return false
	}
	data, err := os.ReadFile(filepath.Join(gitDir, "config"))
	return err == nil && strings.Contains(string(data), "\n[branch \"")
}
