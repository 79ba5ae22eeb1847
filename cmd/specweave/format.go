package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
)

// rate shows items per second, minute or hour, whichever is first above one.
func rate(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return "-"
	case perSecond >= 1:
		return number(perSecond) + "/s"
	case perSecond*60 >= 1:
		return number(perSecond*60) + "/min"
	}
	return number(perSecond*3600) + "/h"
}

func number(x float64) string {
	if x >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}

// eta shows how long the rest of a job takes.
func eta(s *jobs.State, now time.Time) string {
	d := s.ETA(now)
	if d <= 0 {
		return "calculating..."
	}
	return duration(d)
}

func duration(d time.Duration) string {
	n := int(math.Ceil(d.Seconds()))
	switch {
	case n < 60:
		return fmt.Sprintf("%ds", n)
	case n < 3600:
		return fmt.Sprintf("%dm %02ds", n/60, n%60)
	case n < 100*3600:
		return fmt.Sprintf("%dh %02dm", n/3600, n%3600/60)
	}
	return fmt.Sprintf("%dd", n/86400)
}

// ago shows a moment in the past, in SpecWeave's words.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return count(int(d.Minutes()), "min") + " ago"
	case d < 24*time.Hour:
		return count(int(d.Hours()), "hour") + " ago"
	}
	return count(int(d.Hours()/24), "day") + " ago"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// fraction is "154/245 (63%)", or "154" while the total is unknown.
func fraction(s *jobs.State) string {
	if s.Total == 0 {
		return fmt.Sprint(s.Current())
	}
	return fmt.Sprintf("%d/%d (%d%%)", s.Current(), s.Total, s.Percent())
}

// current names the item in hand, the youngest of several.
func current(s *jobs.State) string {
	n := len(s.Running)
	switch n {
	case 0:
		return "-"
	case 1:
		return at(s, s.Running[0])
	}
	return fmt.Sprintf("%s (+%d)", at(s, s.Running[n-1]), n-1)
}

// at names an item in hand and says how far it is: "acme/api: receiving 45%, 12.3 MiB".
func at(s *jobs.State, item string) string {
	text := jobs.Printable(item)
	if l, ok := s.At(item); ok {
		text += ": " + l.String()
	}
	return text
}

// nouns are what the items of a type are called: what was done, one item, its
// short form, and those where nothing was to do.
type nouns struct{ verb, item, short, idle string }

func nounsOf(t jobs.Type) nouns {
	switch t {
	case jobs.CloneRepos:
		return nouns{"Cloned", "repository", "repo", "there already"}
	case jobs.ImportIssues:
		return nouns{"Imported", "item", "item", "unchanged or left out"}
	case jobs.SyncExternal:
		return nouns{"Synced", "item", "item", "unchanged or left out"}
	}
	return nouns{"Done", "item", "item", "there already"}
}

func local(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
