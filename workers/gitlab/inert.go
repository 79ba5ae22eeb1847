package gitlab

import (
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// GitLab carries out a line of a text that is a quick action, as /close is, and
// cuts it from the text ("GitLab quick actions", docs.gitlab.com). Texts that come
// from elsewhere must not command it: a backslash, which Markdown does not show,
// makes such a line a mere text.
//
// It is there in blocks of code too, which show it. GitLab carries out nothing in
// those, but what it takes for one differs from version to version and from
// CommonMark, and a wrong guess would obey a stranger.

// command is a line that may be one: a slash and a word, with nothing or space
// behind it (lib/gitlab/quick_actions/extractor.rb in GitLab). Its letters may be
// any, as some mean others in another case.
var command = lazyregexp.New(`^/[\pL_][\pL\pN_-]*(?:[\s\v]|$)`)

// commands reports whether GitLab may carry out a line. It drops carriage returns
// before it looks.
func commands(line string) bool { return command.MatchString(strings.ReplaceAll(line, "\r", "")) }

// inert is a text of which GitLab carries out nothing.
func inert(text string) string {
	return eachLine(text, func(line string) string {
		if commands(line) {
			return `\` + line
		}
		return line
	})
}

// spoken is the text that [inert] made its result of.
func spoken(text string) string {
	return eachLine(text, func(line string) string {
		if bare, ok := strings.CutPrefix(line, `\`); ok && commands(bare) {
			return bare
		}
		return line
	})
}

func eachLine(text string, edit func(line string) string) string {
	if !strings.Contains(text, "/") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = edit(lines[i])
	}
	return strings.Join(lines, "\n")
}
