package rest_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/specweave/specweave/workers/rest"
)

func TestBeside(t *testing.T) {
	t.Parallel()
	var two sync.WaitGroup
	two.Add(2)
	done := make([]bool, 9)
	err := rest.Beside(t.Context(), len(done), func(_ context.Context, i int) error {
		if i < 2 { // each needs the other
			two.Done()
			two.Wait()
		}
		done[i] = true
		return nil
	})
	for i, ok := range done {
		if !ok || err != nil {
			t.Errorf("%d: %v, %v", i, ok, err)
		}
	}
	bad := errors.New("bad")
	err = rest.Beside(t.Context(), 2, func(ctx context.Context, i int) error {
		if i == 0 {
			return bad
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, bad) {
		t.Error(err)
	}
}
