package workers

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/specweave/specweave/workers/limits"
)

// Two processes together have no more clones in hand than the host grants.
func TestWorkersShareLimits(t *testing.T) {
	t.Parallel()
	remotes, dir := t.TempDir(), t.TempDir()
	var mu sync.Mutex
	now, most := 0, 0
	two := make(chan struct{})
	second := sync.OnceFunc(func() { close(two) })
	url := serve(t, remotes, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			return false
		}
		mu.Lock()
		now++
		if most = max(most, now); most == 2 {
			second()
		}
		mu.Unlock()
		select {
		case <-two: // and long enough for all that may to be here
			<-time.After(50 * time.Millisecond)
		case <-time.After(time.Minute):
		case <-r.Context().Done():
		}
		mu.Lock()
		now--
		mu.Unlock()
		return false
	})
	first := bareRepo(t, remotes, "acme/r0.git")
	var workers []*exec.Cmd
	var runs []*run
	for p := range 2 {
		var urls []string
		for i := range 12 {
			name := fmt.Sprintf("p%d-%d", p, i)
			if err := os.CopyFS(filepath.Join(remotes, "acme", name+".git"), os.DirFS(first)); err != nil {
				t.Fatal(err)
			}
			urls = append(urls, url+"/acme/"+name)
		}
		r := newRun(t, of(t, urls...))
		runs = append(runs, r)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(r.opts.Environ, "WORKERS_TEST_JOB="+r.project+"\n"+r.job.ID, "WORKERS_TEST_LIMITS="+dir)
		workers = append(workers, cmd)
	}
	gate := limits.Open(limits.Options{Dir: dir, Host: strings.TrimPrefix(url, "http://"), Reference: "git"})
	for gate.Slots() > 2 { // what a third has learned
		slot, err := gate.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slot.Refused(0)
	}
	for _, cmd := range workers {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, cmd := range workers {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	for _, r := range runs {
		v, err := r.store.Find(r.job.ID)
		if err != nil || v.State.Done != 12 {
			t.Errorf("%d done, %v", v.State.Done, err)
		}
	}
	// Room for another takes 2 successes, then 3, 4, 5 and 6, of 24.
	if most > 7 || most < 2 {
		t.Errorf("%d at once", most)
	}
}
