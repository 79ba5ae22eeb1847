package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/specweave/specweave/workers/rest"
)

// labels are the labels of repositories, as far as they were asked for.
type labels struct {
	mu   sync.Mutex
	byID map[string]map[string]int64 // by source and name
}

// color is that of a label that is made here. Gitea wants one.
const color = "#ededed"

// ids returns the ids of labels of a source by their names, and how many of them
// it made. known are those of an issue.
func (p *Provider) ids(ctx context.Context, source string, names []string, known []label) (ids []int64, made int, err error) {
	p.labels.mu.Lock()
	defer p.labels.mu.Unlock()
	ids = make([]int64, 0, len(names))
	have := make(map[string]int64)
	for _, l := range known {
		have[l.Name] = l.ID
	}
	for _, name := range names {
		id, ok := have[name]
		if !ok {
			all, err := p.all(ctx, source)
			if err != nil {
				return nil, made, err
			}
			id, ok = all[name]
		}
		if !ok {
			if id, err = p.label(ctx, source, name); err != nil {
				return nil, made, err
			}
			p.labels.byID[source][name] = id
			made++
		}
		ids = append(ids, id)
	}
	return ids, made, nil
}

// all returns the labels of a repository and of the organisation that it may
// belong to.
func (p *Provider) all(ctx context.Context, source string) (map[string]int64, error) {
	if all := p.labels.byID[source]; all != nil {
		return all, nil
	}
	owner, _, _ := strings.Cut(source, "/")
	theirs, err := p.list(ctx, rest.Path("orgs", owner, "labels"))
	if status, ok := errors.AsType[*rest.StatusError](err); ok && !rest.InDoubt(err) && status.Status != http.StatusUnauthorized {
		theirs, err = nil, nil // a user, or one whose labels are not for this token
	}
	if err != nil {
		return nil, err
	}
	ours, err := p.list(ctx, within(source, "labels"))
	if err != nil {
		return nil, err
	}
	all := make(map[string]int64)
	for _, l := range append(theirs, ours...) {
		all[l.Name] = l.ID
	}
	if p.labels.byID == nil {
		p.labels.byID = make(map[string]map[string]int64)
	}
	p.labels.byID[source] = all
	return all, nil
}

func (p *Provider) list(ctx context.Context, path string) ([]label, error) {
	return rest.All[label](ctx, p.client, path+"?"+url.Values{"limit": {pageSize}, "page": {"1"}}.Encode(), next)
}

// label makes a label.
func (p *Provider) label(ctx context.Context, source, name string) (int64, error) {
	var made label
	_, err := p.client.Send(ctx, http.MethodPost, within(source, "labels"), nil, map[string]string{"name": name, "color": color}, &made)
	if err == nil && made.ID == 0 {
		err = &rest.FormatError{Reason: fmt.Sprintf("label %q: an unexpected answer: no label", name)}
	}
	return made.ID, err
}
