package syncer

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
)

// Markdown writes the report of a job as a document: a table for each outcome,
// with links. What came from trackers is escaped.
func Markdown(w io.Writer, project string, job jobs.Job) error {
	config, err := Parse(job.Config)
	if err != nil {
		return err
	}
	var counts Counts
	n := make(map[Outcome]int)
	if err := ReadReport(project, job.ID, func(l Line) error {
		counts.add(l)
		n[l.Outcome]++
		return nil
	}); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	_, _ = fmt.Fprintf(b, "# Sync of %s\n\nJob %s, %s, begun %s.\n\n", cell(config.Profile), job.ID, cell(string(config.Direction)), job.CreatedAt.UTC().Format(time.RFC3339))
	_, _ = b.WriteString("| Outcome | Stories and items |\n| --- | ---: |\n")
	for _, o := range outcomes {
		_, _ = fmt.Fprintf(b, "| %s | %d |\n", o, n[o])
	}
	for _, o := range outcomes {
		if n[o] == 0 || o == Unchanged {
			continue
		}
		_, _ = fmt.Fprintf(b, "\n## %s\n\n| Item | Story | What |\n| --- | --- | --- |\n", strings.ToUpper(string(o[:1]))+string(o[1:]))
		if err := ReadReport(project, job.ID, func(l Line) error {
			if l.Outcome == o {
				_, err := fmt.Fprintf(b, "| %s | %s | %s |\n", link(l), cell(l.Path), cell(what(l)))
				return err
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return b.Flush()
}

// what is the last column of a line.
func what(l Line) string {
	var words []string
	if l.Side != "" && (l.Outcome == Created || l.Outcome == Updated) {
		words = append(words, map[Side]string{Here: "story", There: "item"}[l.Side])
	}
	if l.Detail != "" {
		words = append(words, l.Detail)
	}
	return strings.Join(words, ": ")
}

func link(l Line) string {
	name := l.ID
	if name == "" {
		name = l.Source
	}
	lower := strings.ToLower(l.URL)
	if !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") {
		return cell(name)
	}
	return "[" + cell(name) + "](<" + targets.Replace(oneLine(l.URL)) + ">)"
}

// cell is a text inside a cell of a table: nothing in it is Markdown or HTML.
func cell(s string) string { return escapes.Replace(oneLine(s)) }

func oneLine(s string) string { return strings.Join(strings.Fields(jobs.Printable(s)), " ") }

var (
	escapes = strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
		"!", `\!`, "~", `\~`, "{", "&#123;", "}", "&#125;", "$", `\$`, "@", "&#64;",
	)
	targets = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", " ", "%20", `\`, "%5C", "`", "%60", "{", "%7B", "}", "%7D")
)
