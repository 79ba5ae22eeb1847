package listertest_test

import (
	"testing"

	"github.com/specweave/specweave/workers/listertest"
)

// Who has no descriptions says so, in CI too.
func TestNoContracts(t *testing.T) {
	t.Setenv("CI", "true")
	t.Setenv("SPECWEAVE_CONTRACTS", "none")
	t.Run("skipped", func(t *testing.T) {
		t.Cleanup(func() {
			if !t.Skipped() {
				t.Error("it was not skipped")
			}
		})
		listertest.Contracts(t)
		t.Error("it went on")
	})
}
