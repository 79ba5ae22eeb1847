package importer

import (
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/stories"
)

// drafts converts the items of a page, on as many processors as there are.
func drafts(items []workers.Item, c Config) []stories.Draft {
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
	d := stories.Draft{Item: i, Body: markup.Markdown(i.Body)}
	if strings.TrimSpace(i.Title) != "" { // else its number stands in
		d.Title, d.Slug = markup.Title(i.Title), markup.Slug(i.Title)
	}
	d.Criteria = stories.Criteria(d.Body, markup.Markdown(i.Criteria))
	if s := comments(i.Comments); s != "" && c.Comments {
		d.Sections = append(d.Sections, stories.Section{Heading: "Comments", Text: s})
	}
	if s := links(i.Links); s != "" && c.Links {
		d.Sections = append(d.Sections, stories.Section{Heading: "Links", Text: s})
	}
	d.Item.Body, d.Item.Criteria, d.Item.Comments, d.Item.Links = workers.Text{}, workers.Text{}, nil, nil
	return d
}

func comments(all []workers.Comment) string {
	var b strings.Builder
	for _, c := range all {
		author := line(c.Author)
		if author == "" {
			author = "unknown"
		}
		b.WriteString("### " + author)
		if !c.Created.IsZero() {
			b.WriteString(", " + c.Created.UTC().Format(time.DateTime))
		}
		b.WriteString("\n\n" + markup.Markdown(c.Body) + "\n\n")
	}
	return strings.TrimSpace(b.String())
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
