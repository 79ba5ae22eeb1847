package syncer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
)

// world is one history: a project, its tracker, and what a small reference
// model knows of both. Each value that somebody writes holds a token that no
// other has; the model only knows which of them was written where another could
// be seen.
type world struct {
	rnd     *rand.Rand
	project string
	t       *tracker
	now     time.Time
	log     strings.Builder
	config  Config
	tokens  int
	job     int

	seen     map[string][]string // tokens that whoever wrote one could see in its place
	written  map[string]bool     // titles of the first write of new stories
	reported map[string]bool     // ids with a conflict in a report
	owner    map[string]string   // of a token: id, or path of a story without one
	excused  map[string]bool     // tokens that a person removed with their story
	deleted  map[string]bool     // likewise ids and paths of the stories
	crash    crash
	second   bool // a second profile of the same source is synced now and then
	imported bool // there was an import
}

var token = regexp.MustCompile(`\b[tbclam]\d+x\b`)

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) say(format string, args ...any) {
	fmt.Fprintf(&w.log, w.now.Format("15:04:05 ")+format+"\n", args...)
}

// commentLine is the text of a comment.
var commentLine = regexp.MustCompile(`(?m)^m\d+x .*$`)

// mint is a new token of a kind.
func (w *world) mint(kind string) string {
	w.tokens++
	return kind + strconv.Itoa(w.tokens) + "x"
}

// over notes that whoever wrote a token could see those in an older value.
func (w *world) over(now, was string) {
	now = token.FindString(now)
	w.seen[now] = append(w.seen[now], token.FindAllString(was, -1)...)
}

// knows are the tokens of a value and all that could be seen when they were
// written, and so on.
func (w *world) knows(values ...string) map[string]bool {
	all := make(map[string]bool)
	var add func(t string)
	add = func(t string) {
		if !all[t] {
			all[t] = true
			for _, s := range w.seen[t] {
				add(s)
			}
		}
	}
	for _, v := range values {
		for _, t := range token.FindAllString(v, -1) {
			add(t)
		}
	}
	return all
}

func (w *world) check(err error) {
	if err != nil {
		panic(fmt.Errorf("test: %w", err))
	}
}

// tempDir is a directory where syncing costs nothing, if there is one.
func tempDir(t *testing.T) string {
	t.Helper()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if dir, err := os.MkdirTemp("/dev/shm", "specweave-sync-"); err == nil { //nolint:usetesting // which is on a disk
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			return dir
		}
	}
	return t.TempDir()
}

func newWorld(dir string, seed uint64) (*world, error) {
	w := &world{
		rnd: rand.New(rand.NewPCG(seed, 1)), project: filepath.Join(dir, strconv.FormatUint(seed, 10)),
		now:  time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC),
		seen: map[string][]string{}, written: map[string]bool{}, reported: map[string]bool{}, owner: map[string]string{}, excused: map[string]bool{}, deleted: map[string]bool{},
	}
	if err := os.MkdirAll(filepath.Join(w.project, ".specweave"), 0o700); err != nil {
		return nil, err
	}
	skew := time.Duration(w.rnd.IntN(7200)-3600) * time.Second
	w.t = &tracker{
		rnd: w.rnd, clock: func() time.Time { return w.now.Add(skew) }, pass: w.pass,
		able:   workers.Abilities{Markup: workers.Markdown, Criteria: w.rnd.IntN(2) == 0, Assignees: true, Priority: true, Labels: true},
		faults: faults{limit: 20, lostBefore: 40, lostAfter: 60, late: 80, crash: 30, stale: 300, meanwhile: 80, status: 20},
	}
	w.t.edit, w.t.byLabels, w.second = w.edit, w.rnd.IntN(3) == 0, w.rnd.IntN(3) == 0
	w.config = Config{
		Provider: testPlatform, Direction: Bidirectional, Profile: "web", Home: testSource,
		Sources:     []importer.Source{{Platform: testPlatform, Name: testSource, Server: "https://gitea.test", API: "https://gitea.test/api/v1/"}},
		Permissions: Permissions{Read: true, UpdateStatus: true, Upsert: true},
		Rule:        pick(w.rnd, []stories.Rule{stories.Mark, stories.Mark, stories.Mark, stories.Local, stories.Remote, stories.Newer}),
	}
	return w, nil
}

// TestModel plays random histories, each time the same ones, so that what fails has
// to do with what was changed. SPECWEAVE_SYNC_HISTORIES is their number, and
// SPECWEAVE_SYNC_SEED the seed of the first, which alone is played if the number
// is not given: for others see `make histories SEED=$RANDOM`.
func TestModel(t *testing.T) {
	t.Parallel()
	histories, seed := uint64(200), uint64(1)
	if testing.Short() {
		histories = 50
	}
	if s := os.Getenv("SPECWEAVE_SYNC_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
		histories = 1
	}
	if s := os.Getenv("SPECWEAVE_SYNC_HISTORIES"); s != "" {
		var err error
		if histories, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d histories from seed %d", histories, seed)
	dir := tempDir(t)
	var next atomic.Uint64
	var wg sync.WaitGroup
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < histories && !t.Failed(); n = next.Add(1) - 1 {
				w, err := newWorld(dir, seed+n)
				if err == nil {
					if err = w.play(); err == nil {
						err = os.RemoveAll(w.project)
					}
				}
				if err != nil {
					log := ""
					if histories == 1 {
						log = "\n" + w.log.String()
					}
					t.Errorf("SPECWEAVE_SYNC_SEED=%d (rule %q, criteria %v): %v%s", seed+n, w.config.Rule, w.t.able.Criteria, err, log)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%v", time.Since(start).Round(time.Millisecond))
}
