package importer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/rest"
)

// A server that wants to be left alone holds up its own sources, and no others.
func TestLimits(t *testing.T) {
	t.Parallel()
	var sources []Source
	for _, name := range []string{"a1", "a2", "a3", "b1", "b2", "c1"} {
		sources = append(sources, Source{Platform: "github", Name: name, Server: "https://" + name[:1] + ".test"})
	}
	fault, soon, late := errors.New("fault"), time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	for name, test := range map[string]struct {
		says map[string]error
		done []string
		want error
		till time.Time // zero: no pause
	}{
		"all":    {nil, []string{"a1", "a3", "b1", "b2", "c1"}, nil, time.Time{}},
		"limits": {map[string]error{"a1": &rest.LimitError{Until: late, Err: fault}, "b2": &rest.LimitError{Until: soon, Err: fault}}, []string{"a1", "b1", "b2", "c1"}, nil, soon},
		"fault":  {map[string]error{"b1": fault}, []string{"a1", "a3", "b1"}, fault, time.Time{}},
		"over":   {map[string]error{"b1": context.Canceled}, []string{"a1", "a3", "b1"}, fault, time.Time{}},
	} {
		var l Limits
		var done []string
		ctx, stop := context.WithCancelCause(t.Context())
		err := l.Each(ctx, sources, func(item string) bool { return item == sources[1].Item() }, func(_ context.Context, s Source) error {
			done = append(done, s.Name)
			said := test.says[s.Name]
			if errors.Is(said, context.Canceled) {
				stop(fault)
			}
			return said
		}, t.Logf)
		stop(nil)
		if !slices.Equal(done, test.done) || !errors.Is(err, test.want) {
			t.Errorf("%s: %q, %v", name, done, err)
		}
		pause, paused := errors.AsType[*jobs.PauseError](l.Pause(func(s string) string { return s }))
		if paused != !test.till.IsZero() || paused && !pause.Until.Equal(test.till) {
			t.Errorf("%s: %+v", name, pause)
		}
	}
}
