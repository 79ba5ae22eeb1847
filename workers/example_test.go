package workers_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// From what a person types to a clone on disk, in this process.
func ExampleNewClone() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	_ = exec.Command("git", "init", "-q", "--bare", filepath.Join(dir, "acme", "web")).Run()

	source, err := workers.ParseSource("./acme/web", workers.Base{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	repos, logins, err := workers.Collect([]workers.Source{source}, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	store := jobs.Open(filepath.Join(dir, "project"))
	job, err := store.Create(jobs.CloneRepos, workers.CloneConfig{Repositories: repos})
	if err != nil {
		fmt.Println(err)
		return
	}
	clone := workers.NewClone(workers.CloneOptions{Environ: os.Environ(), Input: workers.Input{Logins: logins}})
	state, err := jobs.Attempt{Store: store, Workers: map[jobs.Type]jobs.Worker{jobs.CloneRepos: clone}}.Run(context.Background(), job.ID)
	fmt.Println(state.Status, state.Completed(), err)
	_, err = os.Stat(filepath.Join(dir, "project", "repositories", "acme", "web", ".git"))
	fmt.Println(err)
	// Output:
	// completed [acme/web] <nil>
	// <nil>
}

func ExampleParseSource() {
	for _, s := range []string{"golang/go", "git@github.com:golang/go.git", "https://token@dev.azure.com/org/project/_git/repo", "ext::sh -c id"} {
		source, err := workers.ParseSource(s, workers.Base{})
		fmt.Println(source.Owner, source.Name, source.CloneURL, err)
	}
	// Output:
	// golang go https://github.com/golang/go.git <nil>
	// golang go git@github.com:golang/go.git <nil>
	// org/project repo https://dev.azure.com/org/project/_git/repo <nil>
	//    "ext::sh -c id": remote helpers (transport::address) are not supported: they run commands
}
