package markup

import (
	"strings"
	"testing"
)

func TestIsSafe(t *testing.T) {
	t.Parallel()
	for dest, want := range map[string]bool{
		"https://e.com": true, "HTTP://e.com": true, "mailto:a@b.c": true, "/a:b": true, "a/b:c": true, "?a:b": true, "#a": true, "": true, "a&b": true,
		"javascript:x": false, "JAVASCRIPT:x": false, " javascript:x": false, "java\nscript:x": false, "java\x01script:x": false, "javascript&colon;x": false,
		"&#106;avascript:x": false, `javascript\:x`: false, "data:text/html,x": false, "vbscript:x": false, "file:///etc": false, "java\u200bscript:x": false,
		`C:\a`: false, "blob:https://e.com": false, "https\u00ad://e.com": true,
		strings.Repeat("a", 300) + "javascript:x": false, "java&#" + strings.Repeat("0", 300) + "115;cript:x": false,
	} {
		if got := isSafe(dest); got != want {
			t.Errorf("%.60q: got %v", dest, got)
		}
	}
}
