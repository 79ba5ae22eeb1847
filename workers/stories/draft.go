package stories

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
)

// Draft is a work item whose texts have become Markdown.
type Draft struct {
	Item     workers.Item
	Title    string    // one line; "": the item's number stands in
	Slug     string    // of the title, for file names; "": made of Title
	Body     string    // description, in Markdown
	Criteria []string  // acceptance criteria, one line each; see [Criteria]
	Comments []Comment // nil: not asked for, those of the story stay
	Sections []Section // more, after the comments

	Rule Rule // where a person and the source changed the same
	// Raw are hashes of texts as the source has them, see [Raw]. A text whose
	// hash is that of last time has not changed, whatever Markdown it became.
	Raw map[string]string
	// Sent says, by key, what of the story was written to the source, which
	// answered with this: see [Story.Sent].
	Sent map[string]string
	// Other are those keys of Sent of which the source answered with something
	// else. Where that is what it had before, nothing was taken, and the value
	// stays one that a person changed; else it is the source's own form of it.
	Other []string
	// Based says likewise from which value of the story another one was made that
	// was written: the source's takes its place, where the story still has it.
	Based map[string]string
	// Own says that Body was made so of the story's, and not of what the source
	// has: what a person wrote in it stays as it is.
	Own bool
	// MoreComments says that the item has other comments as well. They stay.
	MoreComments bool
}

// answers reports whether a draft is the answer to what was written to its
// source: the story may have to learn of it what the log knows already.
func (d Draft) answers() bool {
	return d.Sent != nil || d.Based != nil || d.MoreComments || slices.ContainsFunc(d.Comments, func(c Comment) bool { return c.Sent != "" })
}

// Rule is what is done where a person and the source changed the same.
type Rule string

// The rules.
const (
	Mark   Rule = ""       // the person's stays, the source's is shown beside it
	Local  Rule = "local"  // the person's stays
	Remote Rule = "remote" // the source's takes its place
	Newer  Rule = "newer"  // one or the other, by the times of the file and the item
)

// Raw are the hashes of an item's texts, for [Draft]. An item without a field
// for criteria has them in its body.
func Raw(i workers.Item) map[string]string {
	raw := map[string]string{KeyBody: RawText(i.Body)}
	raw[KeyCriteria] = raw[KeyBody]
	if strings.TrimSpace(i.Criteria.Raw) != "" {
		raw[KeyCriteria] = RawText(i.Criteria)
	}
	return raw
}

// RawText is the hash of a text as its source has it, for [Comment].
func RawText(t workers.Text) string { return hash(string(t.Markup) + "\x00" + t.Raw) }

// Section is a part of a story under a heading of its own. The heading must
// differ from those that every story has.
type Section struct {
	Heading string
	Text    string
}
