package jobs

import (
	"testing"
	"testing/synctest"
	"time"
)

// Whoever got no processor while they waited looks once more.
func TestPollLooksWhenTheTimeIsUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit time.Duration
		asked int
	}{
		"asleep for the whole time": {time.Second, 2},
		"no time":                   {0, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			err := poll(t.Context(), c.limit, func() bool {
				if asked++; asked == 1 {
					time.Sleep(2 * time.Second)
				}
				return false
			})
			if err != nil || asked != c.asked {
				t.Errorf("%s: asked %d times, %v", name, asked, err)
			}
		})
	}
}
