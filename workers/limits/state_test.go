package limits

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/platform"
)

const t0 = int64(1_700_000_000_000)

func held(pid, slots int) lease {
	return lease{Proc: platform.Proc{PID: pid, Started: 1}, Slots: slots}
}

func wanting(pid, slots int, waits, refresh int64) lease {
	l := held(pid, slots)
	l.Waits, l.Refresh = waits, refresh
	return l
}

func TestAdmits(t *testing.T) {
	t.Parallel()
	me := wanting(1, 0, t0-1000, t0)
	some := wanting(1, 2, t0-1000, t0)
	long := wanting(1, 0, t0-patience.Milliseconds()-1, t0)
	for name, tc := range map[string]struct {
		size   float64
		mine   lease
		leases []lease
		want   bool
	}{
		"nobody there":                     {4, me, nil, true},
		"others leave one":                 {4, me, []lease{held(2, 3)}, true},
		"all taken":                        {4, me, []lease{held(2, 4)}, false},
		"more taken than there are":        {1.9, me, []lease{held(2, 9)}, false},
		"own ones count once":              {4, some, []lease{held(1, 2), held(2, 1)}, true},
		"own ones count":                   {2.9, some, []lease{held(1, 2)}, false},
		"one with none goes first":         {4, some, []lease{wanting(2, 0, t0-1, t0)}, false},
		"one with more goes later":         {9, some, []lease{wanting(2, 3, t0-9000, t0)}, true},
		"among equals who waits longer":    {4, me, []lease{wanting(2, 0, t0-2000, t0)}, false},
		"among equals who waits shorter":   {4, me, []lease{wanting(2, 0, t0-500, t0)}, true},
		"one that went silent":             {4, some, []lease{wanting(2, 0, t0-2000, t0-2000)}, true},
		"one that will have asked":         {4, some, []lease{wanting(2, 0, t0-2000, t0+1)}, true},
		"patience ends":                    {1, long, []lease{held(2, 200)}, true},
		"patience ends for who has none":   {1, wanting(1, 1, t0-patience.Milliseconds()-1, t0), []lease{held(2, 200)}, false},
		"it does not end for a short wait": {1, me, []lease{held(2, 200)}, false},
	} {
		s := &state{window: window{Size: tc.size}, Leases: tc.leases}
		if got := s.admits(tc.mine, t0); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Of gates that all wait, exactly one goes first.
func TestBefore(t *testing.T) {
	t.Parallel()
	var all []lease
	for _, slots := range []int{0, 1} {
		for _, waits := range []int64{t0 - 2, t0 - 1} {
			for pid := 1; pid <= 2; pid++ {
				for id := uint32(1); id <= 2; id++ {
					l := wanting(pid, slots, waits, t0)
					l.ID = id
					all = append(all, l)
				}
			}
		}
	}
	for _, a := range all {
		for _, b := range all {
			if !a.same(b) && a.before(b) == b.before(a) {
				t.Errorf("%+v and %+v", a, b)
			}
			for _, c := range all {
				if a.before(b) && b.before(c) && !a.before(c) {
					t.Errorf("%+v, %+v, %+v", a, b, c)
				}
			}
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	recent := fmt.Sprintf(`"used":%d`, t0-1000)
	for name, tc := range map[string]struct {
		data   string
		err    string
		slots  int
		leases int
		until  int64
	}{
		"empty":              {"", "", first, 0, 0},
		"good":               {`{"schemaVersion":1,"window":3.5,"boot":"b",` + recent + `,"leases":[{"pid":7,"started":1,"slots":2}]}` + "\n", "", 3, 1, 0},
		"tail of a longer":   {`{"schemaVersion":1,"window":3.5,"boot":"b",` + recent + `}` + "\n" + `ts":2}]}`, "", 3, 0, 0},
		"another boot":       {`{"schemaVersion":1,"window":3.5,"boot":"a",` + recent + `,"leases":[{"pid":7,"started":1,"slots":2}]}`, "", 3, 0, 0},
		"old":                {`{"schemaVersion":1,"window":3.5,"boot":"b","used":1}`, "", first, 0, 0},
		"old, a limit":       {fmt.Sprintf(`{"schemaVersion":1,"window":3.5,"used":1,"until":%d}`, t0+1), "", 3, 0, t0 + 1},
		"after a long limit": {fmt.Sprintf(`{"schemaVersion":1,"window":3.5,"used":%d,"until":%d}`, t0-2*forgets.Milliseconds(), t0-1), "", 3, 0, t0 - 1},
		"from the future":    {fmt.Sprintf(`{"schemaVersion":1,"window":3.5,"used":%d}`, t0+1), "", first, 0, 0},
		"limit too far":      {`{"schemaVersion":1,"window":3.5,` + recent + `,"until":9000000000000000000}`, "", 3, 0, 0},
		"window too big":     {`{"schemaVersion":1,"window":1e99,` + recent + `}`, "", most, 0, 0},
		"window negative":    {`{"schemaVersion":1,"window":-4,` + recent + `}`, "", first, 0, 0},
		"no number":          {`{"schemaVersion":1,"window":1e999}`, "damaged", first, 0, 0},
		"cut":                {`{"schemaVersion":1,"window":3.`, "damaged", first, 0, 0},
		"rubbish":            {"\x00\xff\x1b[2J", "damaged", first, 0, 0},
		"another file":       {`{"name":"x"}`, "not of this program", first, 0, 0},
		"newer":              {`{"schemaVersion":2,"window":3}`, "newer", first, 0, 0},
		"bad leases":         {`{"schemaVersion":1,"window":3,"boot":"b",` + recent + `,"leases":[{"pid":-1,"slots":1},{"pid":1,"slots":100000},{"pid":1,"slots":-3},{"pid":1},{"pid":1,"slots":0,"waits":-5}]}`, "", 3, 0, 0},
		"many leases":        {`{"schemaVersion":1,"window":3,"boot":"b",` + recent + `,"leases":[` + strings.Repeat(`{"pid":1,"slots":1},`, 1000) + `{"pid":1,"slots":1}]}`, "", 3, maxLeases, 0},
	} {
		s, err := decode([]byte(tc.data), "b", t0)
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("%s: error %v; want %q", name, err, tc.err)
		}
		if errors.Is(err, errNewer) != (name == "newer") {
			t.Errorf("%s: %v", name, err)
		}
		if s.slots() != tc.slots || len(s.Leases) != tc.leases || s.Until != tc.until {
			t.Errorf("%s: %+v", name, s)
		}
		data, err := s.encode(t0)
		if err != nil || len(data) > maxFile {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":1,"window":3.5,"threshold":2,"strikes":1,"cut":1,"until":2,"used":3,"boot":"b","leases":[{"pid":7,"started":1,"slots":2,"waits":5,"refresh":6}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, _ := decode(data, "b", t0)
		if n := s.slots(); n < 1 || n > most || s.Until > t0+longest.Milliseconds() || s.taken() < 0 {
			t.Fatalf("%+v", s)
		}
		s.admits(wanting(1, 0, t0, t0), t0)
		s.succeeded(t0, true)
		s.refused(t0, t0, time.Minute)
		again, err := s.encode(t0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(again, "b", t0); err != nil {
			t.Fatal(err)
		}
	})
}
