// Package limits decides how much may be asked of a host at once. All jobs of a
// user on this machine that use one credential of a host share one [Gate],
// through a small file; whoever wants to ask the host takes a [Slot] first.
//
// How many slots there are is found out, as TCP finds out how much a network
// takes (RFC 5681): one more for each success until the host refuses for the
// first time, then half as many, and from there one more per round. A refusal
// that says how long to stay away is law for everyone: see [Slot.Refused].
//
// # Decisions
//
// A slot belongs to a process, by pid and start time ([platform.Proc]), and is
// free as soon as that process is gone, however it went. Nothing has to be
// renewed while a clone runs for an hour. Instead of leases that expire, which
// a suspended machine loses and a crashed one keeps.
//
// The file is locked for the microseconds of a change and replaced in place,
// without a sync. What it holds is worth no more than the next few clones: one
// that a crash tore is begun anew. Instead of platform.WriteFile, whose syncs
// take longer than a small clone.
//
// A file is named by a hash of the host and of where the credential comes from,
// such as "env:GITHUB_TOKEN", never of the credential: whoever has the file
// could try out guesses on its hash, and a key kept beside it would not hinder
// them. Two tokens that come from one place therefore share their limits, which
// is slower and not wrong; one token from two places has them twice, and either
// half learns of a refusal when it meets one.
//
// A job without a slot goes before one that has some, and among equals the one
// that waited longest: a job of 10,000 repositories does not keep another from
// its three.
//
// Where the file cannot be used (no rights, no locks, another user's) each
// process has limits of its own and says so once. A limit is a courtesy and no
// reason to fail.
package limits
