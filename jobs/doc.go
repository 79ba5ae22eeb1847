// Package jobs keeps long jobs on disk, runs their workers, hands them to the
// operating system through a [units.Scheduler], and tells what became of them.
// It knows neither what a worker does nor what an operating system is.
//
//	Create ──► pending ──► running ──► completed | completed_with_warnings | failed
//	              │         ▲    │                      │ Retry, if anything failed
//	              │  Resume │    ▼                      ▼
//	              └─────► paused (by Pause, Kill, Drain, or in place of a dead worker)
//
// [Decide] says what the next step of a job is, from its journal and the
// witnesses of its life; [Launcher.Reconcile] takes it. Every launch, every end
// of a worker and every boot reconciles.
//
// # Files
//
// All lie below .specweave/state of the project, files 0600, directories 0700.
// Each has one writer.
//
//	jobs/<id>/config.json     the launcher, once          what was asked for; never a secret
//	jobs/<id>/worker.lock     locked by a living worker   content unused
//	jobs/<id>/journal.jsonl   whoever holds the lock      the truth: see [Event] and [Fold]
//	jobs/<id>/worker.log      the worker's output         for people
//	jobs/<id>/progress.json   the worker                  how far the items in hand are: see [Live]
//	jobs/<id>/worker.pid      the worker                  for SpecWeave; nothing here reads it
//	jobs/<id>/result.json     whoever holds the lock      for SpecWeave and people; see [Result]
//	jobs/<id>/stop            Kill                        says that a person wants the worker gone
//	jobs/<id>/drain           Drain                       says that a person wants no more items begun
//	background-jobs.json      anyone under its lock       a projection of the journals: see [Store.Publish]
//	units/                    the detached scheduler      see package units
//
// Where the projects are stands in a register per user: see [Projects].
//
// # Decisions
//
// The journal is the truth; everything else is derived or input. Because one
// appended line is atomic, cheap and survives the death of its writer, and a
// cut tail is told from damage. Instead of rewriting a state file for every
// item, which costs the square of their number and loses all when torn.
//
// Who holds the lock writes the journal, and who is alive holds the lock. The
// operating system drops a lock with its process, so a dead worker holds
// nothing. Instead of pid files, which lie after a crash. A journal therefore
// has one writer, who writes at the offset it knows: what a failed write left
// behind is overwritten by the next one.
//
// A unit's name is computed from project, job and attempt ([units.Name]).
// Intent is on disk before the operating system is asked, and two who resume a
// job ask for one name, of which the system grants one. Instead of storing a
// handle after the start, which a crash in between would orphan.
//
// The operating system restarts what crashed. A worker exits with 0 if and only
// if the journal ends in "end" or "pause" or another process has the job. There
// is no daemon of ours.
//
// Each death is noted when it happens. The manager runs [Launcher.Ended] when a
// worker has ended, which writes why to the journal, so that a job's story is
// whole whoever starts it next; instead of asking the manager later, which
// forgets with the next start. Where nobody does that, whoever reconciles notes
// that the attempt was lost.
//
// A job that waits for another is woken by that one's worker. When a worker
// ends it reconciles, after its last line is on disk and its lock is free; who
// creates a dependant looks after that is on disk: one of the two sees the
// other. A job of SpecWeave's own wakes nobody, so its dependants look every
// minute. Instead of a process that waits.
//
// config.json is one flat object, the fields of every job beside those of its
// type, because SpecWeave's umbrella-detector looks for "repositories" at its
// top. Instead of a nested config.
//
// The last line of a job that is over or paused carries a [Summary]. Listing
// reads that line alone, so its cost does not grow with what the jobs did.
// Instead of a separate index, which would be one more file to be wrong.
//
// background-jobs.json exists for SpecWeave. It is changed under SpecWeave's
// own lock, whose rules have gaps (it is removed by whoever cannot read it), so
// the file is compared once more right before it is replaced. Entries and
// fields of others are passed on as bytes.
package jobs
