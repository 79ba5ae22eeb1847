package main

import (
	"path/filepath"
	"runtime"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/specweave/specweave/units/unitstest"
)

// standIn puts a stand-in for launchctl first on the script's PATH, with a
// launchd of the script's own that ends with it.
func standIn(env interface {
	Getenv(string) string
	Setenv(string, string)
}, dir string,
) error {
	bin := filepath.Join(dir, "launchd")
	_, err := unitstest.InstallLaunchctl(bin, unitstest.Launchd{
		Throttle: 200 * time.Millisecond, Linger: 300 * time.Millisecond, Screen: true,
	})
	env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
	return err
}

// launchd hands the script's jobs to launchd, the real one where there is one.
func useLaunchd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: launchd")
	}
	ts.Setenv("SPECWEAVE_SCHEDULER", "launchd")
	if runtime.GOOS != "darwin" {
		ts.Check(standIn(ts, ts.Getenv("WORK")))
	}
}
