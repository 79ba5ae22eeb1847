package jira

import "testing"

func TestBookmark(t *testing.T) {
	for _, at := range []bookmark{{}, {token: "a&b=c", last: 1 << 40, above: 7}, {token: "t"}} {
		cursor := at.String()
		if at == (bookmark{}) {
			cursor = ""
		}
		if got, ok := parseBookmark(cursor); !ok || got != at {
			t.Errorf("%+v: %+v, %v", at, got, ok)
		}
	}
	for _, cursor := range []string{"token", "token=t", "token=t&last=1", "last=1&above=0", "token=t&last=-1&above=0", "token=t&last=1&above=2", "%zz"} {
		if got, ok := parseBookmark(cursor); ok {
			t.Errorf("%q: %+v", cursor, got)
		}
	}
}
