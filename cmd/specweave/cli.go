package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"

	"github.com/specweave/specweave/jobs"
)

// cli is the grammar of the command line.
type cli struct {
	Project string `short:"C" name:"project" placeholder:"DIR" help:"Project directory. Default: the nearest one upwards that has a .specweave folder, else the current one."`

	Clone   cloneCmd   `cmd:"" help:"Clone repositories, few at once or many as a background job."`
	Init    initCmd    `cmd:"" help:"Make a project, and clone its repositories."`
	Get     getCmd     `cmd:"" help:"Clone a repository, or all of an owner: SpecWeave's own word for clone."`
	Import  importCmd  `cmd:"" help:"Import issues of trackers as user stories, many as a background job."`
	Jobs    jobsCmd    `cmd:"" help:"Show and steer background jobs."`
	Service serviceCmd `cmd:"" help:"Let jobs go on after a reboot or login."`
	Doctor  doctorCmd  `cmd:"" help:"Say what a job started here survives, and what is left over."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// env is what commands share.
type env struct {
	in       *os.File
	out, err console
	getenv   func(string) string
	now      func() time.Time
	args     []string // the command line
	cli      cli
}

func newEnv(io stdio, getenv func(string) string, now func() time.Time) *env {
	return &env{in: io.in, out: newConsole(io.out, getenv), err: newConsole(io.err, getenv), getenv: getenv, now: now}
}

// talk writes to the person: progress, warnings, errors.
func (e *env) talk(format string, args ...any) { e.err.printf(format, args...) }

// exited carries the exit code that kong asks for out of its parser.
type exited int

func (e *env) execute(ctx context.Context, args []string) (err error) {
	defer func() {
		if code, ok := recover().(exited); ok {
			err = nil
			if code != 0 {
				err = &codeError{code: int(code)}
			}
		}
	}()
	parser, err := kong.New(&e.cli,
		kong.Name("specweave"),
		kong.Description("Hands long operations to the operating system's own scheduler.\n\n"+exitHelp),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(writer{e.out}, writer{e.err}),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(e),
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		return hint(usage("%v", err), "specweave --help")
	}
	return k.Run()
}

// writer lets a console be written to as it is.
type writer struct{ c console }

func (w writer) Write(p []byte) (int, error) {
	w.c.printf("%s", p)
	return len(p), nil
}

var _ io.Writer = writer{}

// project finds the project directory. A .specweave folder in the home
// directory is SpecWeave's own and makes no project, unless it is configured
// as one or was asked for.
func (e *env) project() (string, error) {
	start := e.cli.Project
	if start == "" {
		start = "."
	}
	start, err := filepath.Abs(start)
	if err != nil {
		return "", fmt.Errorf("project: %w", err)
	}
	info, err := os.Stat(start)
	if errors.Is(err, os.ErrNotExist) {
		return "", &codeError{exitNotFound, fmt.Sprintf("project: %s: no such directory", start)}
	}
	if err != nil {
		return "", fmt.Errorf("project: %w", err)
	}
	if !info.IsDir() {
		return "", usage("project: %s: not a directory", start)
	}
	if start, err = filepath.EvalSymlinks(start); err != nil { // one project has one name
		return "", fmt.Errorf("project: %w", err)
	}
	home := e.getenv("HOME")
	for dir := start; ; {
		if isProject(dir, home, start) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return start, nil
		}
		dir = parent
	}
}

func isProject(dir, home, start string) bool {
	marker := filepath.Join(dir, ".specweave")
	if dir == home && dir != start {
		marker = filepath.Join(marker, "config.json")
	}
	_, err := os.Stat(marker)
	return err == nil
}

func (e *env) store() (*jobs.Store, error) {
	dir, err := e.project()
	if err != nil {
		return nil, err
	}
	return jobs.Open(dir), nil
}

type versionCmd struct{}

// version is set by the linker for releases.
var version = ""

func (versionCmd) Run(e *env) error {
	v, commit := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = " (" + s.Value[:min(12, len(s.Value))] + ")"
			}
		}
	}
	e.out.printf("specweave %s%s\n", v, commit)
	return nil
}
