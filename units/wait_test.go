package units_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

const notBefore = "SPECWEAVE_NOT_BEFORE"

func TestDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 5, 3, 4, 5, 600e6, time.UTC)
	east := time.FixedZone("", 9*60*60)
	for _, tt := range []struct {
		notBefore, want time.Time
	}{
		{time.Time{}, time.Time{}},
		{now.Add(-time.Hour), time.Time{}},
		{now, time.Time{}},
		{now.Add(2 * time.Second), time.Time{}},
		{now.Add(2*time.Second + 1), time.Date(2026, 7, 5, 3, 4, 8, 0, time.UTC)},
		{now.Add(3400 * time.Millisecond), time.Date(2026, 7, 5, 3, 4, 9, 0, time.UTC)}, // whole already
		{time.Date(2026, 7, 6, 8, 59, 59, 1, east), time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)},
	} {
		if got := (units.Spec{NotBefore: tt.notBefore}).Due(now); got != tt.want {
			t.Errorf("due for %v: %v, want %v", tt.notBefore, got, tt.want)
		}
	}
}

func TestWait(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	for name, tt := range map[string]struct {
		value string
		want  error
	}{
		"missing": {"", nil},
		"past":    {time.Now().Add(-time.Minute).UTC().Format(time.RFC3339), nil},
		"ahead":   {time.Now().Add(time.Minute).UTC().Format(time.RFC3339), stopped},
		"zone":    {time.Now().Add(-time.Minute).In(time.FixedZone("", 8*60*60)).Format(time.RFC3339), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(notBefore, tt.value)
			if err := units.Wait(ended); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if v, ok := os.LookupEnv(notBefore); ok && tt.value != "" {
				t.Errorf("the variable is still %q", v)
			}
		})
	}
	t.Setenv(notBefore, "tomorrow")
	if err := units.Wait(t.Context()); err == nil {
		t.Error("a variable that holds no time: no error")
	}
}

// The clock is read again in steps, and the last one ends in time.
func TestWaitUntil(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{10 * time.Millisecond, time.Hour} {
		due := time.Now().Add(100 * time.Millisecond).Round(0)
		if err := units.WaitUntil(t.Context(), due, step); err != nil || time.Now().Before(due) {
			t.Errorf("step %v: %v, %v early", step, err, time.Until(due))
		}
	}
}
