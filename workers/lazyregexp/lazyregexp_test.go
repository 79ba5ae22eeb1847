package lazyregexp

import "testing"

func TestNew(t *testing.T) {
	r := New(`a(b+)`)
	if got := r.FindStringSubmatch("xabbc"); len(got) != 2 || got[1] != "bb" {
		t.Errorf("found %q", got)
	}
	if r.String() != `a(b+)` {
		t.Errorf("it is %q", r)
	}
	defer func() {
		if recover() == nil {
			t.Error("a malformed expression is not found by the tests")
		}
	}()
	New(`a(`)
}
