package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WithoutLogin returns a URL without the password or token in it, and whether
// it held one. The name of a user is none.
func WithoutLogin(remote string) (clean string, leaked bool) {
	scheme, rest, ok := strings.Cut(remote, "://")
	if user, host, scp := strings.Cut(remote, "@"); !ok && scp && tokenUser.MatchString(user) {
		return host, true // user@host:path
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	at := strings.LastIndexByte(authority, '@')
	if !ok || at < 0 {
		return remote, false
	}
	user, host := authority[:at], authority[at+1:]
	name, password, _ := strings.Cut(user, ":")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	switch {
	case tokenUser.MatchString(name):
	case sshScheme(strings.ToLower(scheme)) && password != "":
		user, _, _ = strings.Cut(user, ":")
		return scheme + "://" + user + "@" + host + path, true
	case sshScheme(strings.ToLower(scheme)), password == "" && !token.MatchString(name):
		return remote, false
	}
	return scheme + "://" + host + path, true
}

// secretFields are the fields of SpecWeave's job configs that hold tokens.
var secretFields = []string{"token", "apiToken", "pat", "githubToken"}

// WithoutSecret is what a field of a job's config should hold: of a token
// nothing, of a clone URL all but the credential. The case of a key does not
// matter, as to [ParseCloneConfig]. It is a [jobs.Cleaner].
func WithoutSecret(key, value string) string {
	switch {
	case slices.ContainsFunc(secretFields, func(f string) bool { return strings.EqualFold(f, key) }):
		return ""
	case strings.EqualFold(key, "cloneUrl"):
		value, _ = WithoutLogin(value)
	}
	return value
}

// RepositoriesOf returns the repositories of a clone job's config, whoever wrote
// it, whose paths stay below the project.
func RepositoriesOf(config json.RawMessage) []Repository {
	var c CloneConfig
	_ = json.Unmarshal(config, &c) // a field of another shape leaves the rest
	return slices.DeleteFunc(c.Repositories, func(r Repository) bool { return CheckPath(r.Path) != nil })
}

// RemoteLeak is a repository whose configuration holds a password or token.
type RemoteLeak struct {
	Path string   // below the project, with slashes
	Keys []string // of git-config(1), "remote.origin.url" for one

	file string
}

// remoteKeys match what git keeps URLs under that it was given.
const remoteKeys = `^(remote\..*\.(url|pushurl)|submodule\..*\.url)$`

// FindRemoteLeaks looks into the repositories that are there. Those whose path
// leads out of the project, or whose git directory is elsewhere, are left out.
// It runs git config and changes nothing.
func (g Git) FindRemoteLeaks(ctx context.Context, project string, repos []Repository, environ []string) ([]RemoteLeak, error) {
	dir, root, err := openProject(project)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	var all []RemoteLeak
	for _, r := range repos {
		file, ok := configFile(root, dir, r.Path)
		if !ok {
			continue
		}
		urls, err := g.remotes(ctx, environ, file)
		if err != nil {
			return all, fmt.Errorf("%s: %w", Show(r.Path), err)
		}
		leak := RemoteLeak{Path: r.Path, file: file}
		for _, u := range urls {
			if _, leaked := WithoutLogin(u.value); leaked && !slices.Contains(leak.Keys, u.key) {
				leak.Keys = append(leak.Keys, u.key)
			}
		}
		if len(leak.Keys) > 0 {
			all = append(all, leak)
		}
	}
	return all, nil
}

// CleanRemotes takes the passwords and tokens out of what [Git.FindRemoteLeaks]
// found, by git config. No secret is in its arguments.
func (g Git) CleanRemotes(ctx context.Context, leak RemoteLeak, environ []string) error {
	urls, err := g.remotes(ctx, environ, leak.file)
	if err != nil {
		return fmt.Errorf("%s: %w", Show(leak.Path), err)
	}
	for _, key := range leak.Keys {
		op := "--replace-all" // a remote may have several URLs: the first replaces them all
		for _, u := range urls {
			if u.key != key {
				continue
			}
			clean, _ := WithoutLogin(u.value)
			if _, err := g.config(ctx, environ, "--file", leak.file, op, key, clean); err != nil {
				return fmt.Errorf("%s: git config: %w", Show(leak.Path), err)
			}
			op = "--add"
		}
	}
	return nil
}

type setting struct{ key, value string }

// remotes reads the URLs in a configuration file. Most hold no @ and so no
// credential; git is not asked about those.
func (g Git) remotes(ctx context.Context, environ []string, file string) ([]setting, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, bare(err)
	}
	if !strings.Contains(string(data), "@") {
		return nil, nil
	}
	out, err := g.config(ctx, environ, "--file", file, "--null", "--get-regexp", remoteKeys)
	if exitCode(err) == 1 {
		return nil, nil // there are none
	}
	if err != nil {
		return nil, fmt.Errorf("git config: %w", err)
	}
	var all []setting
	for pair := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		key, value, _ := strings.Cut(pair, "\n")
		all = append(all, setting{key, value})
	}
	return all, nil
}

// openProject opens the project's directory, which no symbolic link leads out
// of afterwards.
func openProject(project string) (dir string, root *os.Root, err error) {
	if dir, err = filepath.EvalSymlinks(project); err == nil {
		root, err = os.OpenRoot(dir)
	}
	if err != nil {
		return "", nil, fmt.Errorf("project: %w", err)
	}
	return dir, root, nil
}

// configFile returns the path of the configuration of the repository at p, if
// there is one whose files are below the project and no links.
func configFile(root *os.Root, dir, p string) (string, bool) {
	at, err := locate(root, dir, p, "")
	if err != nil {
		return "", false
	}
	for _, gitDir := range []string{filepath.Join(at.rel, ".git"), at.rel} { // or bare
		info, err := root.Lstat(gitDir)
		if err != nil || !info.IsDir() || !isBare(filepath.Join(dir, gitDir)) {
			continue
		}
		file := filepath.Join(gitDir, "config")
		if info, err := root.Lstat(file); err == nil && info.Mode().IsRegular() {
			return filepath.Join(dir, file), true
		}
	}
	return "", false
}

// exitCode is that of a process that ended by itself, or -1.
func exitCode(err error) int {
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}
