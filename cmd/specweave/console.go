package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"github.com/specweave/specweave/platform"
)

// console is one output stream and what its reader can see.
type console struct {
	w     io.Writer
	fail  *error // the first error of w
	tty   bool
	moves bool // the cursor can be moved
	color bool
	utf8  bool
	width int
}

func newConsole(w io.Writer, getenv func(string) string) console {
	c := console{w: w, fail: new(error), width: 100, utf8: utf8Locale(getenv)}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.tty = true
		c.utf8 = c.utf8 || runtime.GOOS == "windows" // where Go writes UTF-16 to it, whatever the code page
		c.moves = platform.Terminal(f) && getenv("TERM") != "dumb"
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			c.width = max(n, 4)
		}
	}
	c.color = c.moves && getenv("NO_COLOR") == "" || getenv("CLICOLOR_FORCE") != "" && getenv("CLICOLOR_FORCE") != "0" && getenv("NO_COLOR") == ""
	return c
}

// utf8Locale reads the locale by setlocale(3)'s precedence.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

func (c console) printf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !c.utf8 {
		text = ascii(text)
	}
	if _, err := io.WriteString(c.w, text); err != nil && *c.fail == nil {
		*c.fail = err
	}
}

// ellipsis stands for what was cut off.
func (c console) ellipsis() string {
	if c.utf8 {
		return "…"
	}
	return "..."
}

// ascii replaces what a plain terminal cannot show.
func ascii(s string) string {
	s = strings.NewReplacer("…", "...", "█", "#", "░", "-", "–", "-", "⏸️", "", "⚠️", "", "📋", "", "🔄", "", "⏳", "", "❌", "", "✅", "", "💡", "", "📦", "").Replace(s)
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			b.WriteByte('?')
		}
	}
	return b.String()
}

// icon is a sign before a heading; a plain terminal does without.
func (c console) icon(sign string) string {
	if !c.utf8 {
		return ""
	}
	return sign + " "
}

type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

func (c console) paint(s style, text string) string {
	if !c.color || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// table prints rows in columns, two spaces apart; the column flex is cut so
// that lines fit the terminal. The first row is the heading.
func (c console) table(indent string, flex int, rows [][]string) {
	widths := make([]int, len(rows[0]))
	total := len(indent)
	for col := range widths {
		for _, r := range rows {
			widths[col] = max(widths[col], runewidth.StringWidth(r[col]))
		}
		total += widths[col] + 2
	}
	if over := total - c.width; over > 0 {
		widths[flex] = max(widths[flex]-over, 8)
	}
	for i, r := range rows {
		line := indent
		for col, cell := range r {
			cell = runewidth.Truncate(cell, widths[col], c.ellipsis())
			line += runewidth.FillRight(cell, widths[col]) + "  "
		}
		line = strings.TrimRight(line, " ")
		if i == 0 {
			line = c.paint(dim, line)
		}
		c.printf("%s\n", line)
	}
}

// bar is twenty cells wide.
func bar(percent int) string {
	n := min(max(percent, 0), 100) / 5
	return "[" + strings.Repeat("█", n) + strings.Repeat("░", 20-n) + "]"
}
