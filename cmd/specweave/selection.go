package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/specweave/specweave/workers"
)

// selectFlags say which repositories of a collection are wanted.
type selectFlags struct {
	Host        string   `placeholder:"HOST" help:"Server of github:, gitlab:, ado: and gitea: sources: a host or URL. Default: what GH_HOST, GITHUB_API_URL, GITLAB_HOST, AZURE_DEVOPS_ORG_URL and GITEA_URL say, else the public one."`
	Pattern     []string `sep:"none" placeholder:"GLOB" help:"Of an owner's repositories only those with such a name; or regex:EXPR. One with a slash is for owner/name. May be given more than once, as the next ones."`
	Exclude     []string `sep:"none" placeholder:"GLOB" help:"None with such a name."`
	Topic       []string `placeholder:"TOPIC" help:"Only those with one of these topics."`
	Language    []string `placeholder:"NAME" help:"Only those mainly in one of these languages."`
	Visibility  []string `placeholder:"WORD" help:"Only those that are public, internal or private."`
	Archived    choice   `placeholder:"only" help:"Archived ones too, or =only. Default: without."`
	Forks       choice   `placeholder:"only" help:"Forks too, or =only. Default: without."`
	PushedSince string   `placeholder:"WHEN" help:"Only those pushed to since: 2026-01-02, or 30d, 6w, 3m, 1y ago."`
	Limit       int      `placeholder:"N" help:"At most the first N by name. Default: all."`
	SSH         bool     `name:"ssh" help:"Clone them by their ssh URLs."`
	APIBudget   percent  `name:"api-budget" default:"80" placeholder:"PERCENT" help:"How much of the quota of a host's API a listing may use up; the rest is for people. Default: 80%."`
	Partial     bool     `help:"Where a listing breaks off, go on with what was listed."`
	Force       bool     `help:"Clone even if the disk seems too small."`
}

// choice is a flag that may stand alone or have a value: --archived=only.
type choice workers.Choice

// IsBool says that the flag needs no value.
func (*choice) IsBool() bool { return true }

// Decode reads the value, if there is one.
func (c *choice) Decode(ctx *kong.DecodeContext) error {
	*c = choice(workers.With)
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	switch value := fmt.Sprint(ctx.Scan.Pop().Value); value {
	case "yes", "true":
	case "only":
		*c = choice(workers.Only)
	case "no", "false":
		*c = choice(workers.Without)
	default:
		return fmt.Errorf("%q is not yes, no or only", value)
	}
	return nil
}

// percent is a number with or without a percent sign.
type percent int

// check refuses what is no share of the quota of an API.
func (p percent) check() error {
	if p < 1 || p > 100 {
		return usage("--api-budget %d: not between 1 and 100 percent", p)
	}
	return nil
}

// share is p as a part of 1.
func (p percent) share() float64 { return float64(p) / 100 }

// Decode reads the number.
func (p *percent) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("percent", &text); err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil {
		return fmt.Errorf("%q is no percentage", text)
	}
	*p = percent(n)
	return nil
}

func (f selectFlags) selection(now time.Time) (workers.Selection, error) {
	s := workers.Selection{
		Patterns: f.Pattern, Exclude: f.Exclude, Topics: f.Topic, Languages: f.Language, Visibility: f.Visibility,
		Archived: workers.Choice(f.Archived), Forks: workers.Choice(f.Forks),
	}
	if f.Limit < 0 {
		return s, usage("--limit %d: not a number of repositories", f.Limit)
	}
	if f.PushedSince != "" {
		since, err := parseSince("--pushed-since", f.PushedSince, now)
		if err != nil {
			return s, err
		}
		s.PushedSince = since
	}
	_, _, err := s.Select(nil, "") // whether it can be used, before anybody is asked
	return s, err
}

// idle refuses flags that choose among the repositories of an owner where none is
// given, but n single repositories: all of them would be cloned.
func (f selectFlags) idle(n int) error {
	for _, flag := range []struct {
		name string
		used bool
	}{
		{"pattern", len(f.Pattern) > 0},
		{"exclude", len(f.Exclude) > 0},
		{"topic", len(f.Topic) > 0},
		{"language", len(f.Language) > 0},
		{"visibility", len(f.Visibility) > 0},
		{"archived", f.Archived != ""},
		{"forks", f.Forks != ""},
		{"pushed-since", f.PushedSince != ""},
		{"limit", f.Limit != 0},
		{"ssh", f.SSH},
		{"host", f.Host != ""},
	} {
		if flag.used && n > 0 {
			return usage("--%s: only for all repositories of an owner, such as github:ORG; none is given", flag.name)
		}
	}
	return nil
}

// parseSince reads a moment in the past: a day, or so many days, weeks, months
// or years ago.
func parseSince(flag, text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	if len(text) > 1 {
		n, err := strconv.Atoi(text[:len(text)-1])
		if err == nil && n >= 0 && n <= 36500 && !strings.HasPrefix(text, "+") {
			switch text[len(text)-1] {
			case 'd':
				return now.AddDate(0, 0, -n), nil
			case 'w':
				return now.AddDate(0, 0, -7*n), nil
			case 'm':
				return now.AddDate(0, -n, 0), nil
			case 'y':
				return now.AddDate(-n, 0, 0), nil
			}
		}
	}
	return time.Time{}, usage("%s %q: want a day such as 2026-01-02, or 30d, 6w, 3m, 1y", flag, text)
}
