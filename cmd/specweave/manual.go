package main

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// manualCmd prints the manual page, which packages carry.
type manualCmd struct{}

func (manualCmd) Run(e *env, k *kong.Context) error {
	date := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				date = t.Format(time.DateOnly)
			}
		}
	}
	e.out.printf("%s", manual(k.Model, version, date))
	return nil
}

// manual renders the grammar as a page for man(7). It depends on nothing else,
// so that a release is the same wherever it is built.
func manual(app *kong.Application, version, date string) string {
	intro, _, _ := strings.Cut(app.Help, "\n\n")
	var m page
	m.macro("TH", "SPECWEAVE", "1", date, "specweave "+version, "")
	m.macro("SH", "NAME")
	m.text("specweave - " + strings.ToLower(intro[:1]) + strings.TrimSuffix(intro[1:], "."))
	m.macro("SH", "SYNOPSIS")
	m.macro("B", "specweave")
	m.text("COMMAND [FLAGS] [ARGUMENTS]")
	m.macro("SH", "DESCRIPTION")
	m.text(intro)
	m.text("Flags may stand anywhere behind their command; those of all commands are:")
	m.flags(app.Flags)
	m.macro("SH", "COMMANDS")
	m.commands(app.Node)
	m.macro("SH", "EXIT STATUS")
	for _, line := range strings.Split(exitHelp, "\n")[1:] {
		code, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		m.item(code, strings.TrimSpace(meaning))
	}
	m.macro("SH", "SEE ALSO")
	m.text("https://github.com/specweave/specweave")
	return m.b.String()
}

// page is roff text with the macros of man(7).
type page struct{ b strings.Builder }

func (m *page) macro(name string, args ...string) {
	m.b.WriteString("." + name)
	for _, arg := range args {
		fmt.Fprintf(&m.b, ` "%s"`, strings.ReplaceAll(roff(arg), `"`, `\(dq`))
	}
	m.b.WriteByte('\n')
}

func (m *page) text(s string) {
	s = roff(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s // no macro
	}
	m.b.WriteString(s + "\n")
}

func (m *page) item(head, text string) {
	m.macro("TP")
	m.macro("B", head)
	m.text(text)
}

func (m *page) flags(flags []*kong.Flag) {
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		head := f.Summary()
		if f.Short != 0 {
			head = fmt.Sprintf("-%c, %s", f.Short, head)
		}
		m.item(head, f.Help)
	}
}

func (m *page) commands(parent *kong.Node) {
	for _, n := range parent.Children {
		if n.Hidden {
			continue
		}
		m.macro("SS", n.Summary())
		m.text(n.Help)
		for _, arg := range n.Positional {
			m.item(arg.Summary(), arg.Help)
		}
		m.flags(n.Flags)
		m.commands(n)
	}
}

// roff escapes what roff would read as its own.
func roff(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(s)
}
