package azure

import (
	"context"
	"net/http"
	"strconv"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Item returns one item of q.Source. It asks for it as [Provider.Page] does: by
// its id alone the item of any project of the organisation would come.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return workers.Item{}, &workers.InputError{Input: workers.Show(number), Reason: "not the id of a work item"}
	}
	page, err := p.page(ctx, workers.ItemQuery{
		Source: q.Source, Closed: true, Search: "[System.Id] = " + strconv.FormatUint(n, 10), Comments: q.Comments, Links: q.Links,
	}, "", always)
	if err != nil {
		return workers.Item{}, err
	}
	if len(page.Items) == 0 {
		organisation, name, _ := split(q.Source)
		at := project{client: p.client, organisation: organisation, name: name}
		return workers.Item{}, &rest.StatusError{Status: http.StatusNotFound, Method: http.MethodGet, URL: at.page(number)}
	}
	return page.Items[0], nil
}
