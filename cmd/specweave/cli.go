package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/specweave/specweave/jobs"
)

// cli is what a command line says.
type cli struct {
	Project string `short:"C" name:"project" placeholder:"DIR" help:"Project directory. Default: the nearest one upwards that has a .specweave folder, else the current one."`

	Sync    syncCmd    `kong:"-"`
	Jobs    jobsCmd    `kong:"-"`
	Service serviceCmd `kong:"-"`
}

// commands adds the commands to the grammar of the command line: the one that
// args begin with, if they do. To build all takes longer than to list jobs. The
// hidden ones are about all.
func (c *cli) commands(args []string) []kong.Option {
	hidden := []string{`hidden:""`}
	var options []kong.Option
	for _, command := range []struct {
		name, help string
		grammar    any
		tags       []string
	}{
		{"clone", "Clone repositories, few at once or many as a background job.", &cloneCmd{}, nil},
		{"init", "Make a project, and clone its repositories.", &initCmd{}, nil},
		{"get", "Clone a repository, or all of an owner: SpecWeave's own word for clone.", &getCmd{}, nil},
		{"import", "Import issues of trackers as user stories, many as a background job.", &importCmd{}, nil},
		{"sync", "Keep stories and the items of trackers in step, both ways.", &c.Sync, nil},
		{"jobs", "Show and steer background jobs.", &c.Jobs, nil},
		{"service", "Let jobs go on after a reboot or login.", &c.Service, nil},
		{"doctor", "Say what a job started here survives, and what is left over.", &doctorCmd{}, nil},
		{"version", "Print the version.", &versionCmd{}, nil},
		{"sync-scheduled", "Run the syncs of .specweave/state/scheduled-jobs.json that are due, for cron and SpecWeave itself.", &syncScheduledCmd{}, nil},
		{"completion", "Print what lets bash, zsh or fish complete commands.", &completionCmd{}, nil},
		{"candidates", "Say what the last word of a command line may become.", &candidatesCmd{}, hidden},
		{"manual", "Print the manual page.", &manualCmd{}, hidden},
	} {
		option := kong.DynamicCommand(command.name, command.help, "", command.grammar, command.tags...)
		if args[0] == command.name && command.tags == nil {
			return []kong.Option{option}
		}
		options = append(options, option)
	}
	return options
}

// env is what commands share.
type env struct {
	in       *os.File
	out, err console
	getenv   func(string) string
	now      func() time.Time
	args     []string // the command line
	cli      cli
	whole    bool // a list leaves none out
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
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case len(args) == 1 && (args[0] == "--version" || args[0] == "-V"): // SpecWeave's own
		args = []string{"version"}
	}
	parser, err := kong.New(&e.cli, append(e.cli.commands(args),
		kong.Name("specweave"),
		kong.Description("Hands long operations to the operating system's own scheduler.\n\n"+exitHelp),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Help(help),
		kong.Writers(writer{e.out}, writer{e.err}),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(e),
	)...)
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if err != nil { // kong takes no list that flags stand in the middle of
		if again, err := parser.Parse(argumentsLast(parser.Model.Node, args)); err == nil {
			return again.Run()
		}
		return hint(usage("%v", err), "%s --help", commandOf(err))
	}
	return k.Run()
}

// argumentsLast is a command line with its flags before all arguments.
func argumentsLast(app *kong.Node, words []string) []string {
	var first, arguments []string
	at := position{node: app}
	for i, word := range words {
		if word == "--" && at.flag == nil {
			arguments = append(arguments, words[i+1:]...)
			break
		}
		before := at
		at.pass(word)
		if before.flag == nil && at.nth > before.nth {
			arguments = append(arguments, word)
		} else {
			first = append(first, word)
		}
	}
	return slices.Concat(first, []string{"--"}, arguments)
}

// commandOf is the command whose line cannot be read.
func commandOf(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context.Selected() == nil {
		return "specweave"
	}
	n := parse.Context.Selected()
	if n.Parent.DefaultCmd == n { // perhaps meant, perhaps not
		n = n.Parent
	}
	return n.FullPath()
}

// help is kong's own, and after that of a command which may be left out what it
// takes then.
func help(o kong.HelpOptions, c *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, c); err != nil {
		return err
	}
	n := c.Selected()
	if n == nil || n.DefaultCmd == nil || len(n.DefaultCmd.Flags) == 0 {
		return nil
	}
	whole, err := kong.Trace(c.Kong, []string{n.Name, n.DefaultCmd.Name})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Stdout, "\nWithout a command:\n\n")
	return errors.Join(err, kong.DefaultHelpPrinter(o, whole))
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
	home := e.home()
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

// home is the user's home directory, which Windows calls otherwise; empty if
// there is none.
func (e *env) home() string { return cmp.Or(e.getenv("HOME"), e.getenv("USERPROFILE")) }

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
