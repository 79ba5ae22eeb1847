package stories

import (
	"context"
	"errors"
	"fmt"
)

// Preview says what [Library.Write] would do with a page of items, and writes
// nothing. From then on the library takes it for done: it is for previews only.
func (l *Library) Preview(ctx context.Context, drafts []Draft) (results []Result, err error) {
	if l.err != nil {
		return nil, l.err
	}
	lock, err := l.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("stories: %w", err)
	}
	defer func() {
		if err = errors.Join(err, lock.Close()); err != nil {
			err = fmt.Errorf("stories: %w", err)
		}
	}()
	if err := l.catchUp(); err != nil {
		return nil, err
	}
	_, results, err = l.prepare(drafts)
	return results, err
}
