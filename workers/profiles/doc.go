// Package profiles reads what a project's .specweave/config.json says of
// syncing: with which sources of which trackers, in which direction, and what
// may be done to either side. It reads bytes and knows neither files nor the
// network.
//
// The format is SpecWeave's own, as its version 1.0.593 writes it
// (core/types/sync-profile.d.ts, sync/config.js, core/types/sync-config.d.ts,
// sync/status-mapper.js), and keys that it does not have but that mean the same
// for GitLab and Gitea:
//
//	"sync": {
//	  "enabled": true, "direction": "bidirectional", "conflict": "mark",
//	  "preset": "bidirectional",
//	  "permissions": {"github": {"canUpsert": true}},
//	  "statusSync": {"mappings": {"jira": {"completed": "Done"}}},
//	  "profiles": {
//	    "web": {"provider": "github", "config": {"owner": "acme", "repo": "web"},
//	            "timeRange": {"default": "1M", "max": "6M"}},
//	    "shop": {"provider": "gitlab", "config": {"host": "git.example.org", "repo": "group/sub/shop"},
//	             "permissions": {"preset": "read-only"}, "conflict": "newer",
//	             "statusMap": {"In Progress": "doing"}}}}
//
// Keys that are not known are left alone. A value that cannot be meant is a
// [Fault] with its place; a profile without faults can be used.
//
// # Decisions
//
// Nothing is written outside unless the file says so. SpecWeave takes a setting
// that is missing for granted here and for denied there; here it is denied. Its
// settings know whether an item was made here or there, permissions do not: so
// canUpsert wants both canUpsertInternalItems and canUpdateExternalItems. Where
// a preset and the settings differ, the stricter counts, but a permission that
// is given by its own name counts for itself.
//
// All profiles are meant where none is named: SpecWeave's defaultProfile is what
// an increment without one belongs to, no choice.
//
// A token in the file is not read. What needs one says where it is from, see
// package workers.
package profiles
