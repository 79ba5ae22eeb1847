package main

import (
	"path/filepath"
	"testing"
	"time"
)

// Where all below would be in the project, there is none.
func TestFits(t *testing.T) {
	t.Parallel()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := newEnv(stdio{}, func(name string) string {
		return map[string]string{"HOME": home, "USERPROFILE": home}[name]
	}, time.Now)
	root := filepath.VolumeName(home) + string(filepath.Separator)
	for dir, want := range map[string]bool{home: false, root: false, filepath.Join(home, "project"): true} {
		if err := (initCmd{}).fits(e, dir); (err == nil) != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
