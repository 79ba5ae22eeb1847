package platform

import (
	"sync"
	"testing"
	"testing/synctest"
)

// Many at once share a sync, and each gets one that begins after it came.
func TestSyncsAreShared(t *testing.T) {
	own := syncfs
	t.Cleanup(func() { syncfs = own })
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		begun, leave := 0, make(chan struct{})
		syncfs = func(int) error {
			begun++
			<-leave
			return nil
		}
		var s TreeSyncer
		var wg sync.WaitGroup
		served := 0
		call := func() {
			wg.Go(func() {
				if err := s.Sync(dir); err != nil {
					t.Error(err)
				}
				s.mu.Lock()
				served++
				s.mu.Unlock()
			})
		}
		call()
		synctest.Wait()
		for range 10 {
			call()
		}
		synctest.Wait()
		if begun != 1 || served != 0 {
			t.Errorf("%d syncs, %d served", begun, served)
		}
		leave <- struct{}{}
		synctest.Wait()
		if begun != 2 || served != 1 {
			t.Errorf("%d syncs, %d served: those who came late were served by what began before", begun, served)
		}
		leave <- struct{}{}
		wg.Wait()
		if begun != 2 || served != 11 {
			t.Errorf("%d syncs, %d served: they did not share one", begun, served)
		}
	})
}
