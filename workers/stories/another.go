package stories

import (
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// Origin is what a story says of its item besides its id: the page for people,
// and when it was created. Either may be missing.
type Origin struct {
	URL     string
	Created time.Time
}

// Origin reads that of the story with an external id. What cannot be read says
// nothing.
func (l *Library) Origin(externalID string) Origin {
	e := l.x.entries[Normalize(externalID)]
	if e.name == "" {
		return Origin{}
	}
	chunks, _, _, err := l.story(e)
	if err != nil {
		return Origin{}
	}
	return originIn(chunks)
}

func originIn(chunks []chunk) Origin {
	created, err := time.Parse(time.RFC3339, value(chunks, createdKey))
	if err != nil {
		created = time.Time{}
	}
	return Origin{strings.TrimSpace(value(chunks, urlKey)), created}
}

// Other reports whether a story that says this is of another item than one of
// the same id: ids name no server, and two may have a source of the same name.
// An item keeps the moment at which it was created wherever it goes, so that one
// of a server that has got another name is no other.
func (o Origin) Other(i workers.Item) bool {
	return o.URL != "" && o.URL != webURL(i.URL) &&
		!o.Created.IsZero() && !i.Created.IsZero() && !o.Created.Truncate(time.Second).Equal(i.Created.Truncate(time.Second))
}

// ItemNumber is what people call the item that has an external id, normalized or
// not: 1, PROJ-1, 12.
func ItemNumber(externalID string) string {
	if at := strings.LastIndexByte(externalID, '#'); at >= 0 {
		return externalID[at+1:]
	}
	for _, prefix := range []string{"JIRA-", "ADO-", "GITHUB-", "GH-"} {
		if len(externalID) > len(prefix) && strings.EqualFold(externalID[:len(prefix)], prefix) {
			return strings.ToUpper(externalID[len(prefix):]) // keys of Jira are
		}
	}
	return externalID
}
