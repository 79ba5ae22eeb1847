package workers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// StoryLinks are the items of trackers that stories of a project have become,
// as the metadata.json of SpecWeave's increments tell (externalLinks): by the
// platform of the item and the feature and number of the story, such as
// "jira FS-043/US-001". The values are what people call the items.
type StoryLinks map[string]string

// Of returns the item of a platform that a story of a feature has become, such
// as US-001 of FS-043; "" if nobody knows of one.
func (l StoryLinks) Of(platform, feature, us string) string { return l[platform+" "+feature+"/"+us] }

var incrementName = lazyregexp.New(`^([0-9]{1,9})(E?)(?:-|$)`)

// featureOf is the feature that SpecWeave makes of an increment's name
// (utils/feature-id-derivation.js); "" if it makes none.
func featureOf(increment string) string {
	m := incrementName.FindStringSubmatch(increment)
	if m == nil {
		return ""
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return ""
	}
	return fmt.Sprintf("FS-%03d%s", n, m[2])
}

const increments = ".specweave/increments"

// linkShapes is where in externalLinks an increment keeps the items of its
// stories, and what it calls them.
var linkShapes = map[string]struct{ list, number, url string }{
	"github": {"issues", "issueNumber", "issueUrl"},
	"jira":   {"userStories", "issueKey", "issueUrl"},
	"ado":    {"userStories", "workItemId", "workItemUrl"},
}

// ReadStoryLinks reads the increments of a project. What is no metadata of an
// increment tells of no link.
func ReadStoryLinks(project string) StoryLinks {
	links := make(StoryLinks)
	dirs, _ := os.ReadDir(filepath.Join(project, filepath.FromSlash(increments))) // none: no link
	for _, dir := range dirs {
		feature := featureOf(dir.Name())
		if feature == "" || !dir.IsDir() {
			continue
		}
		text, err := readMetadata(filepath.Join(project, filepath.FromSlash(increments), dir.Name()))
		if err != nil {
			continue
		}
		var m struct {
			Links map[string]map[string]json.RawMessage `json:"externalLinks"`
		}
		if json.Unmarshal(text, &m) != nil {
			continue
		}
		for platform, shape := range linkShapes {
			for _, list := range []string{shape.list, "userStories"} {
				var stories map[string]map[string]any
				if json.Unmarshal(m.Links[platform][list], &stories) != nil {
					continue
				}
				for us, link := range stories {
					if number := link[shape.number]; number != nil {
						links[platform+" "+feature+"/"+us] = fmt.Sprint(number)
					}
				}
			}
		}
	}
	return links
}

// LinkStory tells the increment of a feature, if there is one, which item a story
// of it has become, so that SpecWeave makes no other. It changes nothing else in
// the increment's metadata.json.
func LinkStory(project, feature, us string, i Item, now time.Time) error {
	shape, known := linkShapes[i.Platform]
	if !known || feature == "" || us == "" {
		return nil
	}
	dirs, err := os.ReadDir(filepath.Join(project, filepath.FromSlash(increments)))
	if err != nil {
		return nil //nolint:nilerr // a project without increments
	}
	for _, dir := range dirs {
		if featureOf(dir.Name()) != feature || !dir.IsDir() {
			continue
		}
		folder := filepath.Join(project, filepath.FromSlash(increments), dir.Name())
		text, err := readMetadata(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var changed []byte
		if err == nil {
			changed, err = withLink(text, i.Platform, shape.list, us, map[string]any{
				shape.number: numberOf(i), shape.url: i.URL, "syncedAt": now.UTC().Format(isoTime),
			})
		}
		if err == nil {
			err = platform.RewriteFile(filepath.Join(folder, "metadata.json"), changed)
		}
		if err != nil {
			return fmt.Errorf("%s/%s/metadata.json: %w", increments, dir.Name(), err)
		}
	}
	return nil
}

// numberOf is a number where SpecWeave has one, a key where it has that.
func numberOf(i Item) any {
	if n, err := strconv.ParseInt(i.Number, 10, 64); err == nil {
		return n
	}
	return i.Number
}

// withLink is the text of a metadata.json with one more link.
func withLink(text []byte, platform, list, us string, link map[string]any) ([]byte, error) {
	d, bad := readDocument(text)
	if bad != nil {
		return nil, fmt.Errorf("it is no JSON object: %s at offset %d", bad.reason, bad.offset)
	}
	at, value := d.root(), any(map[string]any{us: link})
	keys := []string{"externalLinks", platform, list}
	for n, key := range keys {
		next, ok := d.find(at, key)
		if !ok || d.kind(next) == 'n' { // null
			for _, above := range []string{list, platform}[:len(keys)-1-n] {
				value = map[string]any{above: value}
			}
			err := d.set(at, key, value)
			return d.text, err
		}
		if d.kind(next) != '{' {
			return nil, fmt.Errorf("%s in it is no object", key)
		}
		at = next
	}
	err := d.set(at, us, link)
	return d.text, err
}

// maxMetadata bounds an increment's metadata.json.
const maxMetadata = 4 << 20

// readMetadata reads that of an increment. What is not a file there is no
// metadata.
func readMetadata(folder string) ([]byte, error) {
	file := filepath.Join(folder, "metadata.json")
	info, err := os.Lstat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxMetadata:
		return nil, errors.New("it is larger than 4 MiB")
	}
	return os.ReadFile(file)
}
