package markup

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/specweave/specweave/workers/lazyregexp"
)

var (
	// address is an address of the web as it may stand in a text.
	address = lazyregexp.New(`https?://[^\s|\[\]{}()"'<>\\^` + "`" + `*]+`)

	// plainAddress is one that is a link in any Markdown as it stands
	// ("Autolinks", github.github.com/gfm).
	plainAddress = lazyregexp.New(`^https?://[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-z]+(?::[0-9]+)?(?:/[-a-zA-Z0-9%._+#$?&/=,]*)?$`)

	// afterAddress is what may follow such a one: space, or signs that do not
	// belong to it and a space.
	afterAddress = lazyregexp.New(`^[.,;:!?)]*(?:\s|$)`)
)

// isBare reports whether a link whose text is its own address can stand without
// brackets between the texts around it.
func isBare(url, before, after string) bool {
	return plainAddress.MatchString(url) && escape(url) == url && strings.IndexByte(".,?_", url[len(url)-1]) < 0 &&
		(before == "" || strings.IndexByte(" \n(", before[len(before)-1]) >= 0) && afterAddress.MatchString(after)
}

// cutAddress is the first address in a text that escapes would make another,
// with what is around it. The converter of HTML escapes more than we do.
func cutAddress(text, escaped string) (before, url, after string) {
	for from := 0; ; {
		at := address.FindStringIndex(text[from:])
		if at == nil {
			return text, "", ""
		}
		start := from + at[0]
		url = strings.TrimRight(text[start:from+at[1]], ".,;:!?*_~")
		if from += at[1]; escape(url) != url || strings.ContainsAny(url, escaped) {
			return text[:start], url, text[start+len(url):]
		}
	}
}

// literal makes a text of HTML one that the converter leaves as it is: addresses
// in which it would write escapes are links, and what looks like a character
// reference is none.
func literal(n *html.Node) {
	isLink := false
	for p := n.Parent; p != nil; p = p.Parent {
		switch p.Data {
		case "pre", "code", "kbd", "samp", "tt", "textarea":
			return
		case "a":
			isLink = true
		}
	}
	escapeBlock(n)
	if isLink {
		n.Data = anyEntity.ReplaceAllString(n.Data, "&amp;$1")
		return
	}
	for {
		before, url, after := cutAddress(n.Data, "_~")
		n.Data = anyEntity.ReplaceAllString(before, "&amp;$1")
		if url == "" {
			return
		}
		rest := &html.Node{Type: html.TextNode, Data: after}
		a := &html.Node{Type: html.ElementNode, Data: "a", Attr: []html.Attribute{{Key: "href", Val: url}}}
		a.AppendChild(&html.Node{Type: html.TextNode, Data: url})
		n.Parent.InsertBefore(rest, n.NextSibling)
		n.Parent.InsertBefore(a, rest)
		n = rest
	}
}

// anyEntity is a character reference.
var anyEntity = lazyregexp.New(`&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)`)

// bareLink makes a text of a link of HTML that is one without being marked up,
// and reports whether it did.
func bareLink(parent, a *html.Node) bool {
	url := attr(a, "href")
	if nodeText(a) != url || attr(a, "title") != "" || strings.Contains(url, "_") || !isBare(url, textOfSibling(a.PrevSibling), textOfSibling(a.NextSibling)) {
		return false
	}
	setText(parent, a, url)
	return true
}

// textOfSibling is the text of a node, as far as it matters to an address beside
// it: blocks and what is marked with asterisks end one.
func textOfSibling(n *html.Node) string {
	switch {
	case n == nil, n.Type == html.ElementNode && (tag{name: n.Data}.isBlock() || n.Data == "br"):
		return ""
	case n.Type == html.TextNode:
		return n.Data
	}
	switch n.Data {
	case "b", "strong", "i", "em":
		return ""
	}
	return "x"
}
