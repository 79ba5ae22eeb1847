package main

import (
	"context"
	"errors"
	"strings"

	"charm.land/huh/v2"

	"github.com/specweave/specweave/workers"
)

// hosting is a kind of host as a person chooses it.
type hosting struct {
	kind  workers.Kind // empty: none
	own   bool         // a server of one's own
	label string
}

func hostings() []hosting {
	return []hosting{
		{workers.GitHub, false, "GitHub"},
		{workers.GitHub, true, "GitHub Enterprise Server"},
		{workers.GitLab, false, "GitLab.com"},
		{workers.GitLab, true, "GitLab of your own"},
		{workers.Azure, false, "Azure DevOps"},
		{workers.Bitbucket, false, "Bitbucket Cloud"},
		{workers.Gitea, true, "Gitea or Forgejo"},
		{label: "Nowhere yet: add them later"},
	}
}

// wanted is a collection as it is asked for.
type wanted struct {
	host                   hosting
	server, owner, pattern string
	more                   bool // there is another
}

// maxWanted is how many collections init asks for.
const maxWanted = 8

// repositories asks where the repositories are, and with since nil not how far
// back issues are to be imported.
func (a *asker) repositories(ctx context.Context, getenv func(string) string, since *string) ([]batch, error) {
	all := make([]wanted, maxWanted)
	var list []question
	for i := range all {
		list = append(list, all[i].questions(getenv, all[:i])...)
	}
	if since != nil {
		list = append(list, timeRange(since))
	}
	if err := a.ask(ctx, list); err != nil {
		return nil, err
	}
	var batches []batch
	for i, w := range all {
		if unasked(all[:i]) || w.host.kind == "" {
			break
		}
		batches = append(batches, batch{strings.TrimSpace(w.server), []string{w.source()}})
	}
	return batches, nil
}

// unasked reports whether there is no collection after those.
func unasked(before []wanted) bool {
	n := len(before)
	return n > 0 && (!before[n-1].more || before[n-1].host.kind == "" || unasked(before[:n-1]))
}

func (w *wanted) questions(getenv func(string) string, before []wanted) []question {
	title := "Where are your repositories?"
	if len(before) > 0 {
		title = "Where are the others?"
	}
	var options []huh.Option[hosting]
	for _, h := range hostings() {
		options = append(options, huh.NewOption(h.label, h))
	}
	skip := func() bool { return unasked(before) }
	none := func() bool { return skip() || w.host.kind == "" }
	check := func(server, owner, pattern string) error {
		probe := wanted{host: w.host, owner: owner, pattern: pattern}
		_, _, _, err := workers.ParseCollection(probe.source(), workers.Hosts{Host: strings.TrimSpace(server), Getenv: getenv})
		var bad *workers.InputError
		if errors.As(err, &bad) {
			return errors.New(bad.Reason) // what was given stands before it
		}
		return err
	}
	list := []question{
		{huh.NewSelect[hosting]().Title(title).Options(options...).Value(&w.host), skip},
		{
			huh.NewInput().Title("Server, such as git.example.com").Value(&w.server).
				Validate(func(s string) error { return check(s, "owner", "") }),
			func() bool { return none() || !w.host.own },
		},
		{
			huh.NewInput().Title("Organisation, user, workspace, GROUP/SUBGROUP or ORGANISATION/PROJECT").Value(&w.owner).
				Validate(func(s string) error { return check(w.server, s, "") }),
			none,
		},
		{
			huh.NewInput().Title("Pattern of their names, such as api-* (empty: all)").Value(&w.pattern).
				Validate(func(s string) error { return check(w.server, w.owner, s) }),
			none,
		},
	}
	if len(before)+1 < maxWanted {
		list = append(list, question{huh.NewConfirm().Title("Are there more repositories elsewhere?").Value(&w.more), none})
	}
	return list
}

// source is the argument of specweave clone for w.
func (w *wanted) source() string {
	s := string(w.host.kind) + ":" + strings.Trim(strings.TrimSpace(w.owner), "/")
	if pattern := strings.TrimSpace(w.pattern); pattern != "" {
		s += "/" + pattern
	}
	return s
}

// timeRange is SpecWeave's question, with its recommendation.
func timeRange(since *string) question {
	*since = "3m"
	return question{huh.NewSelect[string]().Title("How far back are issues to be imported?").Options(
		huh.NewOption("1 month", "1m"), huh.NewOption("3 months (recommended)", "3m"), huh.NewOption("6 months", "6m"),
		huh.NewOption("Everything", "all"), huh.NewOption("No import", "none"),
	).Value(since), nil}
}
