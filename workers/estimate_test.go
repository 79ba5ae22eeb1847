package workers

import (
	"testing"
	"time"
)

func TestEstimateOf(t *testing.T) {
	t.Parallel()
	none := int64(0)
	big := []Repository{{CloneURL: "https://h/a/b", Size: 100 << 20}, {CloneURL: "https://h/a/c", Size: 1}, {CloneURL: "https://h/a/d"}}
	for _, test := range []struct {
		repos []Repository
		c     CloneConfig
		want  Estimate
	}{
		{nil, CloneConfig{}, Estimate{}},
		{big[:1], CloneConfig{DelayMS: &none}, Estimate{1, 0, 100 << 20, 2*time.Second + quickClone, 100*time.Second + slowClone}},
		{big[:1], CloneConfig{DelayMS: &none, Depth: 1}, Estimate{1, 0, 100 << 20, quickClone, 100*time.Second + slowClone}},
		{big[2:], CloneConfig{DelayMS: &none}, Estimate{1, 1, 0, quickClone, 20*time.Second + slowClone}},
		{[]Repository{big[2], big[2], big[2], big[2]}, CloneConfig{DelayMS: &none, Concurrency: 2}, Estimate{4, 4, 0, 2 * quickClone, 80*time.Second + 2*slowClone}},
	} {
		if got := EstimateOf(test.repos, test.c); got != test.want {
			t.Errorf("%v, %+v: %+v; want %+v", test.repos, test.c, got, test.want)
		}
	}
}
