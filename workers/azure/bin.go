package azure

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// deleted returns the ids in the project's recycle bin, in their order. There
// are none where it is not to be seen.
func (at project) deleted(ctx context.Context) ([]int64, error) {
	var answer struct {
		Value []struct {
			ID int64 `json:"id"`
		} `json:"value"`
	}
	err := at.ask(ctx, request{resource: binID, version: "7.1-preview.2"}, &answer)
	if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusForbidden || gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(answer.Value))
	for i, v := range answer.Value {
		ids[i] = v.ID
	}
	slices.Sort(ids)
	return ids, nil
}

// deletedPage returns what was deleted, above an id.
func (at project) deletedPage(ctx context.Context, q workers.ItemQuery, last int64) (page workers.ItemPage, err error) {
	ids, err := at.deleted(ctx)
	if err != nil {
		return page, err
	}
	first, found := slices.BinarySearch(ids, last)
	if found {
		first++
	}
	ids = ids[first:]
	if len(ids) > q.Size {
		ids = ids[:q.Size]
		page.Next = place{deleted: true, last: ids[len(ids)-1]}.String()
	}
	if len(ids) == 0 {
		return page, nil
	}
	var answer struct {
		Value []deletion `json:"value"`
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.FormatInt(id, 10)
	}
	if err := at.ask(ctx, request{resource: binID, version: "7.1-preview.2", query: map[string][]string{"ids": {strings.Join(list, ",")}}}, &answer); err != nil {
		return workers.ItemPage{}, err
	}
	for _, d := range answer.Value {
		if item := d.item(at); slices.Contains(ids, d.ID) && (item.Updated.IsZero() || !item.Updated.Before(q.Since)) {
			page.Items = append(page.Items, item)
		}
	}
	return page, nil
}
