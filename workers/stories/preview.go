package stories

import "context"

// Preview says what [Library.Write] would do with a page of items, and writes
// nothing. From then on the library takes it for done: it is for previews only.
func (l *Library) Preview(ctx context.Context, drafts []Draft) (results []Result, err error) {
	err = l.held(ctx, func() (err error) {
		_, results, err = l.prepare(drafts)
		return err
	})
	return results, err
}
