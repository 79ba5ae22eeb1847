package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// site is where jobs run: this machine, or one that was booted for them. Its
// user has repositories in ~/sources/acme, and their URLs in ~/sources/list.
type site struct {
	home    string
	sources int
	list    string                                     // the file below home with their URLs
	read    func(path string) ([]byte, error)          // reads a file there
	user    func(t *testing.T, line string) string     // runs a line of shell in home, in a login session
	quietly func(t *testing.T, script string) string   // the same in no session: nothing starts for that
	left    func(t *testing.T, o *ordeal) (all string) // units and processes that should have ended with the job
}

// makeSources makes $n repositories.
const makeSources = `
	git config --global user.name tester
	git config --global user.email tester@example.org
	git config --global init.defaultBranch main
	mkdir -p sources/acme
	cd sources/acme
	for i in $(seq -w $n); do
		git init -q r$i
		cd r$i
		mkdir -p src/deep
		for f in README src/a src/b src/deep/c; do seq $i 2000 >$f; done
		git add .
		git commit -qm first
		cd ..
		echo file://$PWD/r$i >>../list
	done`

// ordeal is a clone job that something happens to.
type ordeal struct {
	*site
	dir, id string // dir is the project
	ended   bool   // well
}

// start starts a job in a new project below the home directory, two
// repositories at a time.
func (s *site) start(t *testing.T, project string) *ordeal {
	t.Helper()
	return s.launch(t, project, "--delay 150ms")
}

// launch is start with flags of its own.
func (s *site) launch(t *testing.T, project, flags string) *ordeal {
	t.Helper()
	o := &ordeal{site: s, dir: filepath.Join(s.home, project)}
	o.id = s.user(t, fmt.Sprintf("mkdir -p %s/.specweave && specweave clone -C %s --from %s --background -j 2 %s", project, project, s.list, flags))
	t.Cleanup(func() {
		if t.Failed() && !o.ended {
			log, _ := o.read(o.file("worker.log"))
			journal, _ := o.read(o.file("journal.jsonl"))
			t.Logf("%s:\n%s\n%s", project, log, journal)
		}
	})
	return o
}

// file is a file of the job's.
func (o *ordeal) file(name string) string {
	return filepath.Join(o.dir, ".specweave", "state", "jobs", o.id, name)
}

func (o *ordeal) journal(t *testing.T) []byte {
	t.Helper()
	data, err := o.read(o.file("journal.jsonl"))
	check(t, err)
	return data
}

func (o *ordeal) state(t *testing.T) jobs.State {
	t.Helper()
	s, _, err := jobs.Fold(o.journal(t))
	check(t, err)
	return s
}

func (o *ordeal) over(t *testing.T) bool {
	t.Helper()
	return o.state(t).Status.Terminal()
}

// events reads a journal but for a torn last line.
func events(t *testing.T, journal []byte) (all []jobs.Event) {
	t.Helper()
	for line := range bytes.Lines(journal) {
		var e jobs.Event
		if bytes.HasSuffix(line, []byte("\n")) {
			check(t, json.Unmarshal(line, &e))
			all = append(all, e)
		}
	}
	return all
}

// begun returns when the last attempt began, and whether it has done an item.
func (o *ordeal) begun(t *testing.T) (at time.Time, fruitful bool) {
	t.Helper()
	for _, e := range events(t, o.journal(t)) {
		if e.Kind == jobs.KindStart {
			at, fruitful = e.Time, false
		}
		fruitful = fruitful || e.Kind == jobs.KindDone || e.Kind == jobs.KindSkip
	}
	return at, fruitful
}

// works waits until the running attempt has done something.
func (o *ordeal) works(t *testing.T) {
	t.Helper()
	await(t, "the job gets somewhere", func() bool {
		_, ok := o.begun(t)
		return ok
	})
}

// waits makes sure that a job is paused until a person resumes it.
func (o *ordeal) waits(t *testing.T) {
	t.Helper()
	if s := o.state(t); s.Status != jobs.Paused || !s.ResumeAfter.IsZero() {
		t.Errorf("%s is %s, to go on at %v", o.dir, s.Status, s.ResumeAfter)
	}
	o.whole(t)
}

// survives compares the journal after a power cut with what it was before: only
// the last two seconds may be missing. It returns how many items that were done
// are to be done once more.
func (o *ordeal) survives(t *testing.T, before []byte, cut time.Time) (lost int) {
	t.Helper()
	now := o.journal(t)
	same := 0
	for same < len(before) && same < len(now) && before[same] == now[same] {
		same++
	}
	same = bytes.LastIndexByte(before[:same], '\n') + 1
	for _, e := range events(t, before[same:]) {
		if age := cut.Sub(e.Time); age > 2*time.Second {
			t.Errorf("lost by the power cut, after %v: %+v", age, e)
		}
		if e.Kind == jobs.KindDone {
			lost++
		}
	}
	return lost
}

// whole makes sure that every repository with a final name is whole, and that
// all that is done is there.
func (o *ordeal) whole(t *testing.T) {
	t.Helper()
	script := "cd " + o.dir + "\n"
	s := o.state(t) // before looking at the disk
	for _, item := range s.Completed() {
		script += fmt.Sprintf("[ -e repositories/%s/.git ] || echo %s is done and not there\n", item, item)
	}
	if out := o.quietly(t, script+findBroken); out != "" {
		t.Errorf("not whole:\n%s", out)
	}
}

// findBroken prints what is wrong with repositories that have a final name.
const findBroken = `
	export GIT_OPTIONAL_LOCKS=0
	for r in repositories/acme/*; do
		case $r in *.partial-* | *'*') continue ;; esac
		git -C $r fsck --connectivity-only --no-progress 2>&1 && git -C $r status --porcelain 2>&1 || echo "in $r"
	done`

// findOthers prints which repositories are not like their source.
const findOthers = `
	for r in repositories/acme/*; do
		[ "$(git -C $r rev-parse HEAD)" = "$(git -C ~/sources/acme/${r##*/} rev-parse HEAD)" ] || echo "$r"
	done`

// completes waits for the end of a job and makes sure that it is a good one: no
// item is missing, none was touched after it was done, the disk holds them all
// and nothing else, and nothing runs any more.
func (o *ordeal) completes(t *testing.T) {
	t.Helper()
	await(t, "the job is over", func() bool { return o.over(t) })
	if s := o.state(t); s.Status != jobs.Completed || s.Done != o.sources || s.Failed != 0 {
		t.Errorf("%s: %s, %d of %d done, %v", o.dir, s.Status, s.Done, o.sources, s.Failures())
	}
	done := map[string]bool{"": true}
	for _, e := range events(t, o.journal(t)) {
		if e.Item != "" && done[e.Item] {
			t.Errorf("done before: %+v", e)
		}
		if e.Kind == jobs.KindDone || e.Kind == jobs.KindSkip {
			done[e.Item] = true
		}
	}
	o.whole(t)
	if out := o.quietly(t, "cd "+o.dir+"\n"+findOthers); out != "" {
		t.Errorf("not like their sources:\n%s", out)
	}
	entries := strings.Fields(o.quietly(t, "ls -A "+o.dir+"/repositories/acme"))
	if len(entries) != o.sources {
		t.Errorf("%s: %d entries: %v", o.dir, len(entries), entries)
	}
	await(t, "nothing is left running", func() bool { return o.left(t, o) == "" })
	var result struct { // written after the last line
		Status jobs.Status `json:"status"`
	}
	data, err := o.read(o.file("result.json"))
	check(t, err)
	if err := json.Unmarshal(data, &result); err != nil || result.Status != jobs.Completed {
		t.Errorf("result.json: %v: %s", err, data)
	}
	o.ended = true
}

// chance is where all random moments come from. SPECWEAVE_CHAOS_SEED repeats
// them.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("SPECWEAVE_CHAOS_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("SPECWEAVE_CHAOS_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// rounds is how often something random is to happen.
func rounds(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("SPECWEAVE_CHAOS_ROUNDS"))
	if err != nil {
		return 20
	}
	return n
}

// moment waits for a random time below limit.
func moment(random *rand.Rand, limit time.Duration) {
	<-time.After(time.Duration(random.Int64N(int64(limit))))
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}
