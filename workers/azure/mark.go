package azure

import (
	"context"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// The kinds of links that are read and made.
const (
	parentLink = "System.LinkTypes.Hierarchy-Reverse"
	webLink    = "Hyperlink"
)

// maker is where a mark links to: who finds such a link among those of an item is
// told what made it.
const maker = "https://github.com/specweave/specweave#"

// marked is the link that an item carries a mark by.
func marked(mark string) map[string]any {
	return map[string]any{"rel": webLink, "url": maker + mark, "attributes": map[string]string{"comment": "made by specweave"}}
}

// mark is the one that a link is, or "".
func (r relation) mark() string {
	mark, ok := strings.CutPrefix(r.URL, maker)
	if !ok || r.Rel != webLink || !letters.MatchString(mark) {
		return ""
	}
	return mark
}

func (w workItem) mark() string {
	for _, r := range w.Relations {
		if mark := r.mark(); mark != "" {
			return mark
		}
	}
	return ""
}

var (
	letters = lazyregexp.New(`^[0-9a-z]+$`)
	wrapped = lazyregexp.New(`(?s)^<div\b[^<>]*\bdata-specweave-mark="([0-9a-z]+)"[^<>]*>(.*)</div>\s*$`)
)

// withMark is the text of a comment with a mark.
func withMark(text, mark string) string {
	if mark == "" {
		return text
	}
	return `<div data-specweave-mark="` + mark + `">` + text + `</div>`
}

// cutMark is what withMark made its result of.
func cutMark(text string) (bare, mark string) {
	if m := wrapped.FindStringSubmatch(text); m != nil {
		return m[2], m[1]
	}
	return text, ""
}

// always is for what is read by itself.
func always(time.Time) bool { return true }

// mark reads the links of items that may have a mark among them, if they did not
// come with the items.
func (at project) mark(ctx context.Context, list []*workItem, made func(time.Time) bool) error {
	byID := make(map[int64]*workItem)
	var ids []int64
	for _, w := range list {
		if w != nil && w.Relations == nil && read[int](w.Fields, "System.HyperLinkCount") > 0 && made(moment(w.text("System.CreatedDate"))) {
			ids, byID[w.ID] = append(ids, w.ID), w
		}
	}
	if len(ids) == 0 {
		return nil
	}
	question := map[string]any{"ids": ids, "errorPolicy": "omit", "$expand": "relations"}
	var answer struct {
		Value []*workItem `json:"value"`
	}
	if err := at.ask(ctx, request{resource: batchID, version: "7.2-preview.1", question: question}, &answer); err != nil {
		return err
	}
	for _, w := range answer.Value {
		if w != nil && byID[w.ID] != nil {
			byID[w.ID].found = w.mark()
		}
	}
	return nil
}
