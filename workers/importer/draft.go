package importer

import (
	"runtime"
	"strings"
	"sync"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/stories"
)

// Drafts converts the items of a page, on as many processors as there are. Of c
// only Comments and Links count.
func Drafts(items []workers.Item, c Config) []stories.Draft {
	all := make([]stories.Draft, len(items))
	n := min(runtime.GOMAXPROCS(0), len(items))
	var wg sync.WaitGroup
	for first := range n {
		wg.Go(func() {
			for i := first; i < len(items); i += n {
				all[i] = draft(items[i], c)
			}
		})
	}
	wg.Wait()
	return all
}

func draft(i workers.Item, c Config) stories.Draft {
	d := stories.Draft{Item: i, Body: markup.Markdown(i.Body), Raw: stories.Raw(i)}
	if strings.TrimSpace(i.Title) != "" { // else its number stands in
		d.Title, d.Slug = markup.Title(i.Title), markup.Slug(i.Title)
	}
	d.Criteria = stories.Criteria(d.Body, markup.Markdown(i.Criteria))
	if c.Comments {
		d.Comments = comments(i.Comments)
	}
	if c.Links {
		d.Sections = []stories.Section{{Heading: "Links", Text: links(i.Links)}}
	}
	d.Item.Body, d.Item.Criteria, d.Item.Comments, d.Item.Links = workers.Text{}, workers.Text{}, nil, nil
	return d
}

func comments(all []workers.Comment) []stories.Comment {
	list := make([]stories.Comment, len(all))
	for i, c := range all {
		list[i] = stories.Comment{
			ID: c.ID, Author: line(c.Author), Created: c.Created, Updated: c.Updated,
			Text: markup.Markdown(c.Body), Raw: stories.RawText(c.Body),
		}
	}
	return list
}

func links(all []workers.Link) string {
	var b strings.Builder
	for _, l := range all {
		text := line(l.URL)
		if name := line(l.Title); name != "" && name != text {
			text = name + ": " + text
		}
		b.WriteString("- " + text + "\n")
	}
	return strings.TrimSpace(b.String())
}

// line is a text of the tracker as Markdown on one line.
func line(s string) string {
	return strings.Join(strings.Fields(markup.Markdown(workers.Text{Raw: s})), " ")
}
