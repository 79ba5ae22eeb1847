package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// A job outlives what only a machine with a kernel of its own can be put
// through: its clock is set, it sleeps, its limits on memory are enforced.
func TestOwnKernel(t *testing.T) {
	m := boot(t, "SPECWEAVE_UML", 12)
	m.installBoot(t)
	_ = t.Run("clock", m.meetClock) &&
		t.Run("sleep", m.meetSleep) &&
		t.Run("memory limit", m.meetMemoryLimit) &&
		t.Run("power cut", m.meetPowerCutInTheFuture)
}

// A clock that is set on, back and on again is not taken for a dead worker, and
// what waits for a time waits for that of the clock.
func (m *machine) meetClock(t *testing.T) {
	m.user(t, "head -n 2 sources/list >sources/few")
	few := *m.site
	few.list, few.sources = "sources/few", 2
	detached := few
	detached.user = func(t *testing.T, line string) string {
		t.Helper()
		return m.user(t, "export SPECWEAVE_SCHEDULER=detached; "+line)
	}
	soon := few.launch(t, "soon", "--at 30m")
	far := few.launch(t, "far", "--at 20h")
	alone := detached.launch(t, "alone", "--at 20h")
	start := time.Now()
	m.user(t, "specweave jobs -C far")
	// as long as all that is asked below takes on a machine of this speed
	delay := 2*time.Second + 8*time.Since(start)
	begin := func(project string) *ordeal {
		o := m.launch(t, project, "--delay "+delay.String())
		o.works(t)
		return o
	}

	on := begin("on")
	m.set(t, "+1 hour", on)
	await(t, "what waited for half an hour begins", func() bool { return soon.over(t) })
	back := begin("back")
	m.set(t, "-1 hour", back)
	for _, waiting := range []*ordeal{far, alone} {
		waiting.user(t, "specweave jobs reconcile -C "+waiting.dir)
		if s := waiting.state(t); s.Status != jobs.Paused || s.Attempt != 0 {
			t.Errorf("%s is %s, attempt %d", waiting.dir, s.Status, s.Attempt)
		}
	}
	day := begin("day")
	m.set(t, "+1 day", day)
	for _, all := range []*ordeal{on, back, day, soon, far, alone} {
		await(t, all.dir+" is over", func() bool { return all.over(t) })
		if n := all.state(t).Attempt; n != 1 {
			t.Errorf("%s: attempt %d", all.dir, n)
		}
	}
	for _, all := range []*ordeal{on, back, day, soon, far, alone} {
		all.completes(t)
	}
}

// set sets the clock while o's worker is at it, and makes sure that nobody
// takes that for anything else.
func (m *machine) set(t *testing.T, by string, o *ordeal) {
	t.Helper()
	before := o.state(t)
	m.root(t, "date -s '"+by+"'")
	set := o.state(t).Revision // what was noted between may have the time of before
	await(t, "the worker notes something", func() bool { return o.state(t).Revision > set })
	if out := m.user(t, "specweave jobs reconcile --all-projects >/dev/null; specweave jobs reconcile -C "+o.dir); out != "Nothing to do." {
		t.Errorf("%s: reconcile: %s", by, out)
	}
	if out := m.root(t, "pgrep -u tester -fc 'jobs [w]ork "+o.id+"'"); out != "1" {
		t.Errorf("%s: %s workers", by, out)
	}
	text := m.user(t, "specweave jobs -C "+o.dir+"; specweave jobs show @latest -C "+o.dir)
	if regexp.MustCompile(`(^|[ (])-\d`).MatchString(text) {
		t.Errorf("%s: a negative number:\n%s", by, text)
	}
	shown := m.shown(t, o)
	if s := o.state(t); s.Status != jobs.Running || s.Attempt != before.Attempt || s.Proc != before.Proc {
		t.Fatalf("%s: %s, attempt %d, %+v, and before %+v", by, s.Status, s.Attempt, s.Proc, before)
	}
	if shown.Status != jobs.Running || shown.Interrupted || shown.Health == nil {
		t.Fatalf("%s: shown as %+v", by, shown)
	}
	durations := []float64{shown.Progress.ETA, shown.Health.IdleSeconds}
	for _, p := range shown.Health.Children {
		durations = append(durations, p.Seconds)
	}
	for _, d := range durations {
		if d < 0 || d > 300 || shown.Progress.ETA == 0 {
			t.Errorf("%s: time to go, since progress, and of children: %v", by, durations)
		}
	}
}

// shown is what "jobs show" says of a job.
func (m *machine) shown(t *testing.T, o *ordeal) jobJSON {
	t.Helper()
	var all struct {
		Job jobJSON `json:"job"`
	}
	check(t, json.Unmarshal([]byte(m.user(t, "specweave jobs show @latest --json -C "+o.dir)), &all))
	return all.Job
}

// A machine that sleeps longer than the watchdog waits is none whose worker
// hangs, or at worst its worker is started again. User Mode Linux lets its
// monotonic clock run meanwhile, as a hypervisor does that stops a machine.
func (m *machine) meetSleep(t *testing.T) {
	usual := m.start(t, "usual")
	usual.works(t)
	const dropIn = "~/.config/systemd/user/specweave-.service.d"
	m.user(t, "mkdir -p "+dropIn+" && printf '[Service]\\nWatchdogSec=10s\\n' >"+dropIn+"/watchdog.conf && systemctl --user daemon-reload")
	watched := m.start(t, "watched")
	watched.works(t)
	m.run(t, "", "suspend")
	<-time.After(15 * time.Second) // that is what is to happen
	m.run(t, "", "wake")
	usual.completes(t)
	watched.completes(t)
	if n := usual.state(t).Attempt; n != 1 {
		t.Errorf("attempt %d", n)
	}
	for _, e := range events(t, watched.journal(t)) {
		if e.Kind == jobs.KindLost {
			t.Logf("the watchdog's: %s", e.Err)
		}
	}
	m.user(t, "rm -r "+dropIn+" && systemctl --user daemon-reload")
}

// A worker that is killed by the memory limit says so, and goes on.
func (m *machine) meetMemoryLimit(t *testing.T) {
	o := m.start(t, "memory")
	o.works(t)
	// For a moment: whoever starts the worker again must find room.
	m.root(t, "cd /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/specweave.slice/specweave-*-"+o.id+"-1.service"+
		" && echo 1M >memory.max; echo max >memory.max")
	const why = "the worker was killed by the memory limit"
	await(t, "it is said", func() bool {
		return strings.Contains(m.user(t, "specweave jobs -C "+o.dir), why) || o.state(t).Attempt > 1
	})
	o.completes(t)
	if n := o.state(t).Attempt; n != 2 {
		t.Errorf("attempt %d", n)
	}
	if out := m.user(t, "specweave jobs logs @latest -C "+o.dir); !strings.Contains(out, why) {
		t.Errorf("log: %s", out)
	}
}

// A machine whose clock was a day on is cut off and starts with the right time:
// all that it noted lies in the future.
func (m *machine) meetPowerCutInTheFuture(t *testing.T) {
	m.root(t, "date -s '+1 day'")
	o := m.start(t, "future")
	o.works(t)
	moment(chance(t), time.Second)
	before, attempt, at := o.journal(t), o.state(t).Attempt, m.now(t)
	if ahead := time.Until(at); ahead < 20*time.Hour {
		t.Fatalf("the machine's clock is only %v on", ahead)
	}
	m.run(t, "", "crash")
	m.up(t)
	again := o.survives(t, before, at)
	await(t, "the job goes on", func() bool { return o.over(t) || o.state(t).Attempt > attempt }) // times say nothing
	o.whole(t)
	o.completes(t)
	t.Logf("%d items that were done were done once more", again)
}

// now is the machine's time.
func (m *machine) now(t *testing.T) time.Time {
	t.Helper()
	n, err := strconv.ParseInt(m.root(t, "date +%s"), 10, 64)
	check(t, err)
	return time.Unix(n, 0)
}
