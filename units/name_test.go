package units_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/specweave/specweave/units"
)

func TestName(t *testing.T) {
	t.Parallel()
	needUnixPaths(t)
	for _, tt := range []struct {
		project, job string
		attempt      int
		want         string
	}{
		{"/home/ann/shop", "0123abcd", 1, "specweave-6fec8f-0123abcd-1"},
		{"/home/ann/shop/", "0123abcd", 12, "specweave-6fec8f-0123abcd-12"},
		{"/home/ann/other/../shop", "0123abcd", 1, "specweave-6fec8f-0123abcd-1"},
		{"/home/ann/shop2", "0123abcd", 1, "specweave-0585bc-0123abcd-1"},
		{"/home/ann/shop", "../x", 1, "specweave-6fec8f-xd6b96a97d147daaa-1"},
		{"/home/ann/shop", "", 1, "specweave-6fec8f-xe3b0c44298fc1c14-1"},
	} {
		got := units.Name(tt.project, tt.job, tt.attempt)
		if got != tt.want {
			t.Errorf("Name(%q, %q, %d) = %s, want %s", tt.project, tt.job, tt.attempt, got, tt.want)
		}
		if p := units.Prefix(tt.project, ""); !strings.HasPrefix(got, p) {
			t.Errorf("%s does not begin with %s", got, p)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("/p", "0123abcd", 1, "0123abce", 1)
	f.Add("/p q", "a", 11, "a-1", 1)
	f.Add("/p", "x2c26b46b68ffc68f", 1, "f", -1)
	valid := regexp.MustCompile(`^specweave-[0-9a-f]{6}-[0-9a-fx]{1,32}--?[0-9]+$`)
	f.Fuzz(func(t *testing.T, project, id1 string, n1 int, id2 string, n2 int) {
		a, b := units.Name(project, id1, n1), units.Name(project, id2, n2)
		if !valid.MatchString(a) {
			t.Errorf("%q is no unit name", a)
		}
		if (a == b) != (id1 == id2 && n1 == n2) {
			t.Errorf("(%q, %d) and (%q, %d) are called %s and %s", id1, n1, id2, n2, a, b)
		}
		if id1 != "" && id2 != "" && strings.HasPrefix(a, units.Prefix(project, id2)) != (id1 == id2) {
			t.Errorf("%s and the prefix of %q", a, id2)
		}
	})
}
