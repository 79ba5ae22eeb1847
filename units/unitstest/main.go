package unitstest

import (
	"context"
	"encoding/gob"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

// Words that make the test binary a command of the suite instead of a test.
const (
	commandWord = "unitstest-command" // SCRIPT ARG…: a unit's command
	starterWord = "unitstest-starter" // SUBJECT DIR: starts the unit on standard input, and ends
)

// leak is a variable of the tests that no unit may see.
const leak = "UNITSTEST_LEAK"

// A Subject is a scheduler under test, and what is peculiar to it.
type Subject struct {
	Name string
	// New returns the scheduler. It may keep files in dir; two with the same
	// dir share their units. It is called in other processes too.
	New func(ctx context.Context, dir string) (units.Scheduler, error)

	WaitsForReady   bool // Start returns after READY=1, and fails if the command ends before
	Restarts        bool // a crashed command is started again
	RemembersFailed bool // a unit that ended badly is reported as failed
	RunsAfter       bool // the command for the end is run
	KeepsInput      bool // a unit that waits is started with its Input
	ForgetsInput    bool // a command that is started again has no Input
	ForgetsTime     bool // since when a unit has failed is not known
	KeepsTrying     bool // a unit that has failed is started again all the same, now and then
	InProcess       bool // commands are functions: nothing of processes is tested

	Grain time.Duration // the manager keeps time in steps of this, rounded up; zero is a second
}

// grain is at least a second.
func (s Subject) grain() time.Duration { return max(s.Grain, time.Second) }

// Main runs the tests of m, or the command of the suite that this process was
// started as. It returns the exit code.
func Main(m *testing.M, subjects ...Subject) int {
	if IsLaunchctl() {
		return LaunchctlMain()
	}
	if len(os.Args) > 2 && os.Args[1] == commandWord {
		return commandMain(os.Args)
	}
	if len(os.Args) == 4 && os.Args[1] == starterWord {
		if err := starter(subjects, os.Args[2], os.Args[3]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	if err := os.Setenv(leak, "1"); err != nil {
		return 1
	}
	return m.Run()
}

func starter(subjects []Subject, name, dir string) error {
	var s units.Spec
	if err := gob.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience) //nolint:forbidigo // this is a main function
	defer cancel()
	for _, subject := range subjects {
		if subject.Name == name {
			u, err := subject.New(ctx, dir)
			if err != nil {
				return err
			}
			return u.Start(ctx, s)
		}
	}
	return fmt.Errorf("no subject %s was given to Main", name)
}
