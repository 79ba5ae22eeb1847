// Package stories keeps work items of trackers as the user stories of a
// project: one Markdown file each, which SpecWeave 1.0.593 reads, and people
// edit. [Library.Write] writes a page of items; it finds the story that an item
// has already, brings into it what changed at the source, and leaves alone what
// a person wrote. [Library.Changed] says what that is, and [Library.New] which
// stories have no item, for who writes them to their source; [Library.Adopt]
// makes such a story that of an item. It knows neither trackers nor jobs, and
// expects Markdown.
//
//	.specweave/docs/internal/specs/
//	  web/FS-001E/FEATURE.md                 a repository of GitHub, GitLab or Gitea
//	  web/FS-001E/us-001e-log-in.md          its issues
//	  proj/FS-002E/…                         an epic of Jira, with what lies below it
//	  proj/_orphans/us-007e-typo.md          what lies below nothing
//	  acme/platform/FS-001E/…                the same of Azure DevOps, by area
//	  acme/platform/_epics/EP-001E/EPIC.md   the types named in [Options]
//	.specweave/state/import/stories.log      what each was when it came last; 0600
//	.specweave/state/import/stories.lock     held while a page is written
//
// # Decisions
//
// A story is known by its external id, wherever it lies and whatever it is
// called: the files are read, nothing else. So people may move and rename
// stories, and stories of SpecWeave 1.0.593 are found. Instead of a table of
// paths, which would be wrong after the first git checkout.
//
// A page is written in order and durable in three steps: the content of its
// files under names that begin with a dot, then their names, then the lines of
// the log. Whatever ends in between leaves whole stories, the first of the
// page; writing the page again finds them by their ids and goes on with the
// next number, as if nothing had happened. The caller's cursor comes last.
// Instead of syncing each file: a sync of the file system takes one commit.
//
// One lock for the project is held for a page, and who takes it reads in the log
// what others wrote meanwhile. So two imports at once give no number twice, and
// no item two stories. Instead of reserved numbers, which a killed import would
// leave as gaps.
//
// The base of a merge is hashes. Value by value (title, status, each section,
// each line of metadata) it is only asked whether a person changed it and
// whether the source did. Instead of copies of the files, which are as large as
// the documents. Where both did, the person's stays and the source's is shown
// as a block quote in a section "Import Conflicts", of which SpecWeave's readers
// see nothing; when that is removed the matter is settled, and the person's
// value is one that the source has to learn. A [Rule] may settle it instead.
//
// Import and sync have one base. It holds a value as the file has it, and beside
// that what the source said: the hash of its raw text, or what it made of a
// value that was sent to it. A source has changed a value only if it says
// something else than last time. So a conversion that loses something, or that
// became another, is never taken for an edit of either side.
//
// What a draft was not asked for stays as it is: its comments are nil, or it has
// no section of a name. So an import without comments and a sync with them do
// not undo each other's work.
//
// Comments are merged one by one, by their ids, which the base keeps with the
// hash of each heading and text. In the file they are found by their headings,
// in their order, so that a person may edit and move them and sees no ids. What
// has no heading of a comment is a part of the one above. A comment that a
// person deletes stays deleted here, and stays at the source.
//
// The last line of a story is a hash of what is above it. While it fits, nobody
// edited the file, and it takes all that the source has, also where the log is
// gone or of another time, as after a checkout. When the base of an edited story
// moves on, the line is renewed, so that it does not fit again when a person goes
// back to what was there before. A file
// of SpecWeave 1.0.593 has no such line; it counts as edited unless its time is
// the one at which it says it was imported. What such a file says in its title
// and sections then stays until the source changes it.
//
// A story that a person saves while a page is written is read and merged anew.
// What is left is the moment between a look at the file and its replacement.
//
// An id does not name the server, and SpecWeave's duplicate check looks at nothing
// else. So a source is not imported beside one of the same name on another server
// (importer.SameServer), and an item is never merged into the story of another
// one of its id, which it differs from by its page and by when it was created.
// Instead of ids with hosts, which SpecWeave would import once more.
//
// A story that cannot be told for sure is left alone: two files of one item, one
// that has lost its id, one that is read-only, a link. A file that looks like
// one of an item is never taken for a new one, which would get a second item.
//
// A story that a person deleted stays deleted: the log knows it, and its folder
// is there. Where the folder is gone too, everything is imported anew.
//
// Trees are flat in a stream. An item of a hierarchy goes where its parent
// lies; one whose parent has not come gets a folder that awaits it. Instead of
// SpecWeave's grouping, which needs all items in memory. A story whose item gets
// another parent follows it, unless a person has put it elsewhere.
package stories
