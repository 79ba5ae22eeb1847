package stories

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCriteriaText(t *testing.T) {
	t.Parallel()
	all := []string{"one", "AC-2: two"}
	if d := cmp.Diff(all, Criteria("", CriteriaText(all))); d != "" {
		t.Error(d)
	}
}
