package workers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/specweave/specweave/jobs"
)

// conflict returns an [*InputError] for wishes that exclude each other.
func (c CloneConfig) conflict() error {
	lfs := c.LFS != nil && *c.LFS
	for _, x := range []struct {
		both   bool
		names  string
		reason string
	}{
		{c.Mirror && c.Submodules, "mirror, submodules", "a bare clone has no work tree to put submodules into"},
		{c.Mirror && c.SingleBranch, "mirror, single-branch", "a mirror has every ref"},
		{c.Mirror && lfs, "mirror, lfs", "a bare clone has no work tree to put large files into"},
		{c.Filter != "" && c.Reference != "", "filter, reference", "what a partial clone leaves out cannot be copied from a reference"},
		{c.Submodules && c.Reference != "", "submodules, reference", "submodules would go on borrowing from the reference"},
	} {
		if x.both {
			return &InputError{x.names, x.reason}
		}
	}
	if c.Reference != "" && (!filepath.IsAbs(c.Reference) || strings.ContainsFunc(c.Reference, func(r rune) bool { return r < ' ' || r == 0x7f })) {
		return refuse(c.Reference, "reference: not an absolute path")
	}
	return nil
}

// CheckHere reports as an [*InputError] what a job with that config needs of
// this machine and it lacks. It may run git and reads the disk.
func (c CloneConfig) CheckHere(ctx context.Context, git Git, environ []string) error {
	if c.Reference != "" {
		if info, err := os.Stat(c.Reference); err != nil || !info.IsDir() {
			return refuse(c.Reference, "reference: no such directory")
		}
	}
	if c.LFS == nil || !*c.LFS {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, git.Path, "lfs", "version") //nolint:gosec // git, as the user has it
	cmd.Env, cmd.Dir, cmd.WaitDelay = gitEnv(environ), filepath.VolumeName(git.Path)+string(filepath.Separator), outputGrace
	apart(cmd)
	if err := cmd.Run(); err != nil {
		return &InputError{"lfs", "git-lfs is not installed, or does not run: " + jobs.Printable(err.Error())}
	}
	return nil
}

// lfsFilters is what `git lfs install` configures for a user.
var lfsFilters = [][2]string{
	{"filter.lfs.clean", "git-lfs clean -- %f"},
	{"filter.lfs.smudge", "git-lfs smudge -- %f"},
	{"filter.lfs.process", "git-lfs filter-process"},
	{"filter.lfs.required", "true"},
}

// lfsOptions are the -c options of a run of git that is to fetch large files,
// whatever the user has configured.
func lfsOptions(lfs *bool) []string {
	var args []string
	if lfs != nil && *lfs {
		for _, f := range lfsFilters {
			args = append(args, "-c", f[0]+"="+f[1])
		}
	}
	return args
}

// environ is the environment for a run of git that asks the host of t, or
// checks out what came from there.
func (w *cloning) environ(t task) []string {
	env := w.env[:len(w.env):len(w.env)]
	if w.config.LFS != nil && !*w.config.LFS {
		env = append(env, "GIT_LFS_SKIP_SMUDGE=1")
	}
	if w.config.Submodules {
		env = append(env, "GIT_ALLOW_PROTOCOL="+protocols(t.CloneURL))
	}
	return env
}

// protocols are those by which a repository from cloneURL may name its
// submodules: encrypted ones, and its own. What comes from elsewhere cannot
// have us copy a repository of this machine into it, or take a way that
// somebody can listen at (CVE-2022-39253).
func protocols(cloneURL string) string {
	const secure = "https:ssh"
	scheme, _, ok := strings.Cut(cloneURL, "://")
	switch {
	case isLocal(cloneURL) || scheme == "file":
		return secure + ":http:git:file"
	case ok && (scheme == "http" || scheme == "git"):
		return secure + ":" + scheme
	}
	return secure
}

// lender finds a repository on this machine to take objects of r from, in a
// folder of repositories or the one that the folder is. Without one there is no
// harm: everything comes from the host.
func (c CloneConfig) lender(r Repository) string {
	if c.Reference == "" {
		return ""
	}
	below := func(p string) string { return filepath.Join(c.Reference, filepath.FromSlash(p)) }
	for _, dir := range []string{below(r.Path), below(r.Owner + "/" + r.Name + ".git"), below(r.Owner + "/" + r.Name), c.Reference} {
		info, err := os.Lstat(filepath.Join(dir, ".git"))
		if err == nil && info.IsDir() && isBare(filepath.Join(dir, ".git")) || errors.Is(err, fs.ErrNotExist) && isBare(dir) {
			return dir
		}
	}
	return ""
}

// wishes are the arguments of a clone that the job asks for.
func (w *cloning) wishes(t task) []string {
	var args []string
	c := w.config
	if c.SingleBranch {
		args = append(args, "--single-branch")
	}
	if c.Submodules {
		args = append(args, "--recurse-submodules")
		if c.Depth > 0 {
			args = append(args, "--shallow-submodules")
		}
	}
	if c.LFS != nil && *c.LFS { // and for whoever works in the clone
		for _, f := range lfsFilters {
			args = append(args, "--config="+f[0]+"="+f[1])
		}
	}
	// A store that is only borrowed from may vanish, and the clone with it: so
	// what is needed is copied. One that is of no use, shallow for one, is no
	// failure.
	if dir := c.lender(t.Repository); dir != "" {
		args = append(args, "--reference-if-able="+dir, "--dissociate")
	}
	return args
}
