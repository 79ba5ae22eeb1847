// Package workers does the work of jobs: it clones lists of repositories. It
// knows neither how a job is stored nor what started the process; it takes a
// [jobs.Job], notes what happened in a [jobs.Progress], and asks with
// [jobs.Pause] to be run again.
//
// What a person names becomes a [CloneConfig] by pure functions: [ParseSource]
// and [ReadSources] read sources, [Collect] gives each a directory and refuses
// what leaves the project. [Plan] says what would happen, [Clone] does it.
//
// A source that names many repositories is a [Collection]. A [Lister] lists
// them, [ListAll] to the last page; [Selection.Select] and [Limit] choose, and
// [Layout.Arrange] makes sources of them that share no directory.
//
// # Decisions
//
// Git proves connectivity, once. A `git clone` that leaves through a transport
// exits 0 only after check_connected() has walked from every fetched ref, or
// index-pack has said that the pack is self-contained and connected
// (builtin/clone.c, update_remote_refs; connected.c); with --filter it checks
// that the refs are there, which is all a partial clone promises. Only a clone
// of a local path skips that and links object files instead, so local paths
// are cloned with --no-local. What remains to check here, that HEAD leads to
// an object on disk, is read in process. Instead of `git fsck`: that doubles
// the reads, and a process per repository is 2 ms of about 18.
//
// A clone is made in a directory of its own, `<path>.partial-<id>/<random>`,
// and renamed. A git that outlives a killed worker still knows its own random
// name and can write only there, never into what the next attempt makes under
// `<path>.partial-<id>`. Instead of cloning into `<path>.partial-<id>` itself,
// where two gits could meet.
//
// It is on the disk before it has its name. Git syncs packs and hardly anything
// else (core.fsync in git-config(1)), and file systems keep the order of names
// only: after a power cut a rename may be there, and HEAD, index and files
// empty. So the file system is synced before each rename; instead of
// core.fsync=all, which does not cover the work tree and needs git 2.36, and of
// looking into everything again after a cut.
//
// An update moves nothing that is a person's. It fetches through the remote by
// its name and fast-forwards the branch that is checked out, if the work tree is
// clean, nothing else goes on in it, and git finds nothing in the way, ignored
// files included; all else is kept and named. Instead of pull, which merges,
// stashes and rebases as somebody configured it, and of reset and clean, which
// lose work. A shallow clone is not fetched with --depth, which would cut the
// line between the old tip and the new: no fast-forward could be told from a
// rewritten branch. Nothing is pruned but in a mirror, which has nothing of a
// person's.
//
// Git looks after its own repository. Whoever is killed in the middle of a fetch
// leaves unfinished packs that nothing names. In the middle of a fast-forward it
// leaves files of the new commit and an index.lock, and the repository is kept
// until a person has looked; so a worker that is asked to end lets it finish.
//
// What is borrowed is copied: --reference goes with --dissociate, for a store of
// objects that vanishes takes its borrowers with it.
//
// Submodules are what a stranger wrote into .gitmodules. Their transports are
// those that are encrypted and that of the superproject, and only what comes
// from this machine may name this machine. Git itself keeps their names and
// paths inside, ignores commands in "update", and hooks are off.
//
// Secrets travel by socket. Git asks a helper, the helper asks the worker over
// a Unix socket in a directory only this user can enter, and the worker
// answers for the host that was asked about and no other (gitcredentials(7)).
// The user's own helpers are switched off for those runs, or git would hand
// them our token to store. Instead of GIT_ASKPASS or http.extraHeader: those
// put the secret into an environment or an argument, and do not know the host.
//
// A job whose credential is gone waits for a person. After a reboot the launch
// and its shell are gone, and with them what only they had. An attempt that no
// person started, which nothing was handed over to ([Input]), leaves the
// repositories that need it alone and asks with [jobs.Pause], naming the
// remedy. A person who resumes it without one has them tried: the host may show
// them to everyone. Instead of failing them one by one with what git says.
//
// A token goes where the user said. A job keeps of which kind its servers are, and
// that counts where the user has named the server, which is noted outside of all
// projects: a project's files come with its clones and from anyone, and would
// have tokens sent to whoever wrote them. For the same reason no token of the
// environment is for a host that only .env names, and an API is one of its
// server. Instead of a token, or what is made of one, beside the job.
//
// A host decides how much it is asked, see package limits. What git says of a
// refusal is a status and no more, so the worker asks the host once what git
// had asked and reads Retry-After itself; instead of GIT_TRACE_CURL, whose
// traces hold credentials. A refusal is no failure of a repository and uses up
// none of its tries.
//
// Git runs in a session of its own. Without a controlling terminal neither ssh
// nor a helper can prompt, whatever its options, and one signal to the group
// ends git together with git-remote-https and ssh.
//
// The workspace is SpecWeave's file, so nothing in it is ours. Entries are spliced
// into the text of .specweave/config.json: whatever else stands there, in
// whatever layout, keeps its bytes, and an entry that is there is never changed.
// Instead of SpecWeave's own way, which parses and writes everything and loses
// what it does not know, and of the JSON object of package jobs, which would lay
// the file out anew for whoever keeps it in git.
//
// Names that differ only in case are one name; names that differ only in
// Unicode normalization are left to the file system. Where it folds them the
// second rename finds a directory that holds something and that item fails;
// nothing is overwritten. Instead of tables for normalization: no host allows
// such names but Azure DevOps, and the loss is one failed item.
//
// Who collides is told apart by a hash of where it is, not by a number: numbers
// depend on what else is in a listing. And a clone that is there already keeps
// its directory, told by its remotes, so that a repository that comes or goes
// makes no second clone of another. Instead of a file that remembers who got
// which: the clones themselves cannot get lost.
package workers
