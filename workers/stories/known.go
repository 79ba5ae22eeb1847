package stories

import (
	"iter"
	"net/url"
	"path"
	"strings"

	"github.com/specweave/specweave/workers"
)

// Known yields the normalized ids and the paths of all stories that a source of
// a platform has, as the index knows them, in no order. Who has read all of a
// source sees by them what is gone there.
func (l *Library) Known(platform, source string) iter.Seq2[string, string] {
	of := belongs(platform, source)
	return func(yield func(string, string) bool) {
		for id, e := range l.x.entries {
			if e.name != "" && (of(id, e.dir) || platform == ado && strings.HasPrefix(id, "ado-") && l.says(e, source)) && !yield(id, path.Join(Dir, e.path())) {
				return
			}
		}
	}
}

// belongs tells the items of a source of a platform by their normalized ids and
// the folders that they are in.
func belongs(platform, source string) func(id, dir string) bool {
	prefix, below := Normalize(platform+"#"+source)+"#", ""
	switch platform {
	case github:
		prefix = "gh:" + strings.ToLower(source) + "#"
	case jira:
		prefix = Normalize(ExternalID(jira, source+"-1"))
		prefix = prefix[:len(prefix)-1]
	case ado: // the number of an item does not say of which project it is
		prefix, below = "ado-", path.Dir(home(workers.Item{Platform: ado, Source: source}))+"/"
	}
	return func(id, dir string) bool { return strings.HasPrefix(id, prefix) && strings.HasPrefix(dir, below) }
}

// says reports whether a story says itself that its item is of a project of Azure
// DevOps. One that people made does, which lies where they have put it; those of
// items lie below two folders and that of a feature, and are not read.
func (l *Library) says(e entry, source string) bool {
	if strings.Count(e.dir, "/") > 1 {
		return false
	}
	chunks, _, _, err := l.story(e)
	if err != nil {
		return false
	}
	u, err := url.Parse(originIn(chunks).URL)
	if err != nil {
		return false
	}
	at, _, _ := strings.Cut(u.Path, "/_workitems/")
	return strings.HasSuffix(strings.ToLower(at), "/"+strings.ToLower(source))
}
