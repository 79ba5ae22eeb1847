package azure

import (
	"cmp"
	"encoding/json"
	"html"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// fields are what is read of items. All are of Azure DevOps itself: one that a
// project does not have would be refused.
var fields = []string{
	"System.Title", "System.Description", "System.WorkItemType", "System.State", "System.Parent",
	"System.CreatedDate", "System.ChangedDate", "System.Tags", "System.AreaPath", "System.IterationPath",
	"System.AssignedTo", "System.CommentCount", "System.HyperLinkCount", "Microsoft.VSTS.Common.Priority",
	"Microsoft.VSTS.Common.AcceptanceCriteria", "Microsoft.VSTS.Common.ClosedDate",
	"Microsoft.VSTS.Common.StateChangeDate", "Microsoft.VSTS.TCM.ReproSteps",
}

// workItem is what is read of a WorkItem. A field may hold anything.
type workItem struct {
	ID        int64                      `json:"id"`
	Rev       int64                      `json:"rev"`
	Fields    map[string]json.RawMessage `json:"fields"`
	Formats   map[string]string          `json:"multilineFieldsFormat"` // "markdown" or "html"; of 7.2
	Relations []relation                 `json:"relations"`

	found string // the mark, if that was looked for
}

// relation is a link of an item to something.
type relation struct {
	Rel        string                     `json:"rel"`
	URL        string                     `json:"url"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

// read returns a field, or the zero value if it is not there or something else.
func read[T any](fields map[string]json.RawMessage, name string) T {
	var v T
	if json.Unmarshal(fields[name], &v) != nil {
		var zero T
		return zero
	}
	return v
}

func (w workItem) item(at project) workers.Item {
	number := strconv.FormatInt(w.ID, 10)
	item := workers.Item{
		Platform: "ado", Source: at.source, ID: id(w.ID), Number: number, URL: at.page(number),
		Title: w.text("System.Title"), Body: w.body(), Criteria: w.rich("Microsoft.VSTS.Common.AcceptanceCriteria"),
		Type: w.text("System.WorkItemType"), State: w.text("System.State"), Labels: tags(w.text("System.Tags")),
		Priority: priority(read[float64](w.Fields, "Microsoft.VSTS.Common.Priority")),
		AreaPath: w.text("System.AreaPath"), Created: moment(w.text("System.CreatedDate")), Updated: moment(w.text("System.ChangedDate")),
	}
	item.Status = at.states.status(item.Type, item.State)
	if item.Status == workers.StatusCompleted {
		item.Closed = moment(w.text("Microsoft.VSTS.Common.ClosedDate"))
		if item.Closed.IsZero() {
			item.Closed = moment(w.text("Microsoft.VSTS.Common.StateChangeDate"))
		}
	}
	_, item.Milestone, _ = strings.Cut(w.text("System.IterationPath"), `\`)
	if name := read[identity](w.Fields, "System.AssignedTo"); name != "" {
		item.Assignees = []string{string(name)}
	}
	if parent := w.parent(); parent > 0 {
		item.Parent = id(parent)
	}
	item.Links, item.Mark = w.links(), cmp.Or(w.mark(), w.found)
	if w.Rev > 0 {
		item.Version = strconv.FormatInt(w.Rev, 10)
	}
	return item
}

func id(n int64) string { return "ADO-" + strconv.FormatInt(n, 10) }

// page is where people see an item.
func (at project) page(number string) string {
	return at.client.Base().JoinPath(rest.Path(at.organisation), rest.Path(at.name), "_workitems", "edit", number).String()
}

func (w workItem) text(field string) string { return read[string](w.Fields, field) }

// rich returns a field of text with a format.
func (w workItem) rich(field string) workers.Text { return text(w.text(field), w.Formats[field]) }

func text(raw, format string) workers.Text {
	switch {
	case raw == "":
		return workers.Text{}
	case strings.EqualFold(format, "markdown"):
		return workers.Text{Raw: raw, Markup: workers.Markdown}
	}
	return workers.Text{Raw: raw, Markup: workers.HTML}
}

// body is the description, and the steps that show a bug, which has those
// instead. Where people fill in both, they may be in two languages.
func (w workItem) body() workers.Text {
	body, steps := w.rich("System.Description"), w.rich("Microsoft.VSTS.TCM.ReproSteps")
	switch {
	case steps.Raw == "":
		return body
	case body.Raw == "":
		return steps
	case body.Markup == workers.Markdown && steps.Markup == workers.Markdown:
		return workers.Text{Raw: body.Raw + "\n\n## Repro Steps\n\n" + steps.Raw, Markup: workers.Markdown}
	}
	return workers.Text{Raw: asHTML(body) + "\n<h2>Repro Steps</h2>\n" + asHTML(steps), Markup: workers.HTML}
}

func asHTML(t workers.Text) string {
	if t.Markup == workers.Markdown {
		return "<pre>" + html.EscapeString(t.Raw) + "</pre>"
	}
	return t.Raw
}

// priority maps 1 to 4 to P0 to P3.
func priority(p float64) string {
	switch p {
	case 0:
		return ""
	case 1, 2, 3, 4:
		return "P" + strconv.Itoa(int(p)-1)
	}
	return "P4"
}

// parent is the id of the item above, or 0. Servers before 2020 have it among
// the relations only.
func (w workItem) parent() int64 {
	if n := read[int64](w.Fields, "System.Parent"); n > 0 {
		return n
	}
	for _, r := range w.Relations {
		if r.Rel == parentLink {
			n, _ := strconv.ParseUint(path.Base(r.URL), 10, 63)
			return int64(n)
		}
	}
	return 0
}

func tags(s string) []string {
	var list []string
	for tag := range strings.SplitSeq(s, ";") {
		if tag = strings.TrimSpace(tag); tag != "" {
			list = append(list, tag)
		}
	}
	return list
}

// links are the files and pages that an item refers to. Work items and commits
// are not among them.
func (w workItem) links() []workers.Link {
	var list []workers.Link
	for _, r := range w.Relations {
		if r.Rel != "AttachedFile" && r.Rel != webLink || r.mark() != "" {
			continue
		}
		l := workers.Link{Title: read[string](r.Attributes, "name"), URL: r.URL}
		if l.Title == "" {
			l.Title = read[string](r.Attributes, "comment")
		}
		if u, err := url.Parse(r.URL); l.Title == "" && err == nil {
			l.Title = path.Base(u.Path)
		}
		list = append(list, l)
	}
	return list
}

// identity is the name of a person: of an IdentityRef, or of "Name <address>"
// in the answers of old servers.
type identity string

// UnmarshalJSON reads both.
func (i *identity) UnmarshalJSON(data []byte) error {
	var ref struct {
		DisplayName string `json:"displayName"`
		UniqueName  string `json:"uniqueName"`
	}
	if json.Unmarshal(data, &ref) == nil {
		if ref.DisplayName == "" {
			ref.DisplayName = ref.UniqueName
		}
		*i = identity(ref.DisplayName)
		return nil
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	name, _, _ := strings.Cut(s, " <")
	*i = identity(name)
	return nil
}

// comment is what is read of a Comment. Older servers call its id commentId.
type comment struct {
	ID        int64           `json:"id"`
	CommentID int64           `json:"commentId"`
	Text      string          `json:"text"`
	Format    string          `json:"format"`
	Author    json.RawMessage `json:"createdBy"`
	Created   string          `json:"createdDate"`
	Modified  string          `json:"modifiedDate"`
	Deleted   bool            `json:"isDeleted"`
}

func (c comment) comment() workers.Comment {
	var author identity
	_ = json.Unmarshal(c.Author, &author) // or it has none
	bare, mark := cutMark(c.Text)
	return workers.Comment{
		ID: strconv.FormatInt(max(c.ID, c.CommentID), 10), Author: string(author), Created: moment(c.Created), Updated: moment(c.Modified),
		Body: text(bare, c.Format), Mark: mark,
	}
}

// deletion is what is read of a WorkItemDeleteReference.
type deletion struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Deleted string `json:"deletedDate"`
}

func (d deletion) item(at project) workers.Item {
	number := strconv.FormatInt(d.ID, 10)
	return workers.Item{
		Platform: "ado", Source: at.source, ID: id(d.ID), Number: number, URL: at.page(number),
		Title: d.Name, Type: d.Type, Updated: moment(d.Deleted), Deleted: true,
	}
}
