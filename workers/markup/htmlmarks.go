package markup

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// narrow moves the punctuation at the ends of what is bold and the like out of
// it, where a word beside it would make the marks of Markdown mean nothing; see
// [flank].
func narrow(c *html.Node) {
	if n := edgeText(c, true); n != nil && !isSpaceOrPunct(beside(c, false)) {
		rest := strings.TrimRightFunc(n.Data, isSign)
		if cut := n.Data[len(rest):]; cut != "" && rest != "" {
			n.Data = rest
			c.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: cut}, c.NextSibling)
		}
	}
	if n := edgeText(c, false); n != nil && !isSpaceOrPunct(beside(c, true)) {
		rest := strings.TrimLeftFunc(n.Data, isSign)
		if cut := n.Data[:len(n.Data)-len(rest)]; cut != "" && rest != "" {
			n.Data = rest
			c.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: cut}, c)
		}
	}
}

func isMark(n *html.Node) bool {
	switch n.Data {
	case "b", "strong", "i", "em", "s", "strike", "del":
		return n.Type == html.ElementNode
	}
	return false
}

// edgeText is the text at the end or at the start of c, if marks are all that is
// around it there.
func edgeText(c *html.Node, isEnd bool) *html.Node {
	for c != nil && isMark(c) {
		if isEnd {
			c = c.LastChild
		} else {
			c = c.FirstChild
		}
	}
	if c == nil || c.Type != html.TextNode {
		return nil
	}
	return c
}

// beside is the character before or after what c marks.
func beside(c *html.Node, isBefore bool) rune {
	next := func(n *html.Node) *html.Node {
		if isBefore {
			return n.PrevSibling
		}
		return n.NextSibling
	}
	for next(c) == nil && c.Parent != nil && isMark(c.Parent) {
		c = c.Parent
	}
	n := next(c)
	switch {
	case n == nil:
		return ' '
	case n.Type != html.TextNode:
		return '('
	case isBefore:
		r, _ := utf8.DecodeLastRuneInString(n.Data)
		return r
	}
	r, _ := utf8.DecodeRuneInString(n.Data)
	return r
}

// escapeBars escapes what would end a cell in code in a table.
func escapeBars(code *html.Node) {
	for p := code.Parent; ; p = p.Parent {
		if p == nil || p.Data == "pre" {
			return
		}
		if p.Data == "td" || p.Data == "th" {
			break
		}
	}
	for c := range code.Descendants() {
		if c.Type == html.TextNode {
			c.Data = strings.ReplaceAll(c.Data, "|", `\|`)
		}
	}
}
