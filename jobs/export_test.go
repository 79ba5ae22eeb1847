package jobs

import "os"

// OnAppend calls f after every line that any journal of this process gets.
func OnAppend(f func()) {
	openFile = func(path string) (file, error) {
		f2, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		return watched{f2, f}, err
	}
}

type watched struct {
	*os.File
	f func()
}

func (w watched) WriteAt(p []byte, off int64) (int, error) {
	n, err := w.File.WriteAt(p, off)
	w.f()
	return n, err
}

// SettleWith is Settle with what it learns of jobs.
func (p Projects) SettleWith(project string, unfinished func() (bool, error)) (bool, error) {
	return p.settle(project, unfinished)
}
