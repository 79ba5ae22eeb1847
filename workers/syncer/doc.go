// Package syncer keeps the stories of a project and the items of a profile's
// trackers in step: it is the worker of sync jobs. It knows neither the API of a
// tracker nor the layout of a story nor where a profile is written down: items
// are read and written by a [workers.Writer], stories by package stories, and
// what a profile says is the job's [Config].
//
// For each source, one after the other: what was in doubt is asked for, what
// changed at the tracker is brought into the stories, as by an import, and what
// people changed in the stories is written to the tracker.
//
//	.specweave/state/sync/source-….lock   held while a source is synced
//	.specweave/state/sync/PROFILE/
//	  lease         held by the sync that is at work; holder.json says whose it is
//	  outbox.jsonl  what was sent, and about to be; 0600
//	  state.json    up to when the tracker was read, and what it does not take; 0600
//	.specweave/state/jobs/ID/
//	  sync.jsonl    what became of each story and item, see [ReadReport]; 0600
//
// # Decisions
//
// One base. What both sides had in common last is what package stories keeps for
// imports: a sync writes there what trackers answer. So imports between syncs
// confuse nothing, and there is one merge. Instead of a base for each profile,
// of which each would be wrong after a sync of the other.
//
// A change is sent once. Its intent is durable before, and stays until the
// stories have the answer. Of one without an answer the tracker is asked: for an
// item or a comment with its mark, or for how the item is now. What is not there
// yet may come: what would be made twice is asked for again two minutes after it
// was sent, before which the job is paused. Instead of sending again with some
// key of idempotency, which few trackers have.
//
// A story whose item is being made is known by its path, or where that was moved by
// what was sent, its name or its number; what may be it waits meanwhile. If an
// import was faster and has made a story of the item, that goes, unless somebody
// has edited it. Instead of having imports know of outboxes.
//
// An update in doubt needs no such time: what was written is what the item has,
// or what a person changed is still to be written, and both are one question to
// the merge. If it lands later than that it changes nothing.
//
// A plan is for one write. After each the story is looked at anew, with the
// version that its item has then. Instead of a list that is worked through,
// which would need an answer to everything that may happen in between.
//
// The times of items are the tracker's clock, and the only one. What changed is
// asked for since a moment of that: the last change that was seen, less the time
// that the reading took, less five minutes for listings that are behind. A
// tracker that shows the past is not believed: an item older than what is known
// is no news.
//
// A text is changed where the story's is: before it is sent the tracker's is read,
// and blocks that say the same stay as they are there, see [markup.Patch]. It costs
// a request, without whose answer nothing is written. A description that the story
// had just as the tracker has it is sent whole: what is missing from it a person has
// taken out. Instead of always replacing it, which would take from people what a
// story cannot hold: mentions, pictures, comments in HTML.
//
// A refusal is remembered, with the version of the item. Until the story or the
// item changes it is not asked for again, but told each time. Unless it was of
// who asked: the next sync may have another credential.
//
// A story in conflict is left alone, all of it, until a person has settled and
// removed what it shows: half of a change may be worse than none.
//
// Trackers without a field for criteria have them in the body, and a story has
// them in a section of their own. The section counts: it is brought into the
// body that is sent, and what came of that into the story's description.
package syncer
