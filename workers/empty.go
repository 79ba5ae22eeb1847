package workers

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// errNoGit says that a server does not speak git's protocol.
var errNoGit = errors.New("the server answered with something that is no git repository")

var (
	// packet is a line of git's trace of packets, see GIT_TRACE_PACKET in git(1).
	packet = lazyregexp.New(`^[0-9:.]+ \S+ +packet: +(.*)$`)
	// spoken is the packet in which an HTTP server begins to speak git, version 0
	// and 1 or version 2 (gitprotocol-http(5)).
	spoken = lazyregexp.New(`^\S+< (# service=git-upload-pack|version [0-9])`)
)

// confirmEmpty makes sure that a remote without refs is one. Over HTTP git
// takes any page of one line, the login of a hotel for one, for the list of
// refs of a server that only has files, and finds none in it. So it is asked
// once more, and has to be heard to speak git.
func (w *cloning) confirmEmpty(ctx context.Context, t task) error {
	if _, http := parseEndpoint(t.CloneURL); !http {
		return nil
	}
	heard := false
	run := command{
		git: w.git.Path, args: append(w.options(t), "ls-remote", "--", t.CloneURL),
		dir:   filepath.VolumeName(w.dir) + string(filepath.Separator),     // outside of any repository, whose configuration a clone does not read
		env:   append(w.env[:len(w.env):len(w.env)], "GIT_TRACE_PACKET=2"), // to standard error
		stall: w.stall, alive: w.progress.Alive,
		takes: func(line string) bool {
			m := packet.FindStringSubmatch(line)
			heard = heard || m != nil && spoken.MatchString(m[1])
			return m != nil
		},
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	if !heard {
		return errNoGit
	}
	return nil
}
