package jobs

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func write(tb testing.TB, path string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func must[T any](tb testing.TB) func(T, error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func create(tb testing.TB, s *Store) Job {
	tb.Helper()
	return must[Job](tb)(s.Create(CloneRepos, map[string]any{"repositories": []any{}}))
}

// finished makes a job that is over: one item done, one skipped or failed.
func finished(tb testing.TB, s *Store, failed bool) Job {
	tb.Helper()
	job := create(tb, s)
	c := must[*Claim](tb)(s.Claim(job.ID))
	steps := []func() error{
		func() error { return c.Start("") },
		func() error { return c.Total(2) },
		func() error { return c.Done("acme/a") },
		func() error {
			if failed {
				return c.Fail("acme/b", "auth", "denied")
			}
			return c.Skip("acme/b")
		},
		func() error { return c.Complete(nil) },
		func() error { return c.Publish(tb.Context(), time.Second) },
		c.Close,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			tb.Fatal(err)
		}
	}
	return job
}

type workFunc func(ctx context.Context, job Job, p *Progress) error

func (f workFunc) Work(ctx context.Context, job Job, p *Progress) error { return f(ctx, job, p) }

func contains(tb testing.TB, text string, parts ...string) {
	tb.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			tb.Errorf("%q is missing in %s", p, text)
		}
	}
}
