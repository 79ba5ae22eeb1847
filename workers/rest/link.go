package rest

import (
	"net/http"
	"net/url"
	"strings"
)

// Path joins segments to a reference for [Client.Get]. Whatever a segment
// holds, it stays one.
func Path(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		switch s {
		case ".", "..":
			escaped[i] = strings.ReplaceAll(s, ".", "%2E")
		default:
			escaped[i] = url.PathEscape(s)
		}
	}
	return strings.Join(escaped, "/")
}

// Next returns the link to the next page in the Link headers of an answer
// (RFC 8288), or "".
func Next(h http.Header) string {
	for _, link := range h.Values("Link") {
		for {
			start := strings.IndexByte(link, '<')
			end := strings.IndexByte(link, '>')
			if start < 0 || end < start {
				break
			}
			target, rest := link[start+1:end], link[end+1:]
			params, _, _ := strings.Cut(rest, "<")
			if isNext(params) {
				return target
			}
			link = rest
		}
	}
	return ""
}

// isNext looks for the relation "next" in the parameters of a link.
func isNext(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		value = strings.Trim(value, " \t,\"")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			for rel := range strings.FieldsSeq(value) {
				if strings.EqualFold(rel, "next") {
					return true
				}
			}
		}
	}
	return false
}
