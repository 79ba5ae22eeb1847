// Package importer imports the work items of trackers as the user stories of a
// project: it is the worker of import jobs. It knows neither the API of a
// tracker nor the layout of a story: pages come from a [workers.Provider], and
// package stories writes them.
//
// For each source, one after the other: a page is fetched while the one before
// is converted and written; when its files are durable, the journal gets the
// place to go on from, together with what became of all items so far. Then the
// page is forgotten. So memory does not grow with the number of items, the
// journal has a line for each page, and a process that is killed repeats one
// page at most.
//
// # Decisions
//
// One source at a time: what limits an import is the share of a host's quota
// that jobs may use, which the sources of one host have in common. A source
// whose host wants to be left alone gives way to those of other hosts; the job
// is paused when only such are left.
//
// A source that was read to its end and not whole counts as failed: the tracker
// counts more items than it gave, or a story could not be written. A retry then
// reads it again; what is there already costs its pages only. Instead of a list
// of items to ask for one by one, which trackers have no cheap way for.
//
// A tracker that has forgotten a cursor is read from its start again, and what
// is there already is known by its id. Instead of going on from a time: an item
// that is changed meanwhile would have to be looked for before and after it.
//
// Whoever imports open items only wants to hear that one of theirs was closed.
// So a source that was imported before is asked for closed items too, and those
// that have no story are left out.
package importer
