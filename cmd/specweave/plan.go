package main

import (
	"fmt"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// planned is what a clone would do.
type planned struct {
	items  []workers.PlanItem
	all    gathered
	config workers.CloneConfig
}

type planJSON struct {
	Schema   int                `json:"schemaVersion"`
	Project  string             `json:"project"`
	Plan     []workers.PlanItem `json:"plan"`
	Listings []listingJSON      `json:"listings,omitempty"`
	LeftOut  []leftJSON         `json:"leftOut,omitempty"`
	Estimate estimateJSON       `json:"estimate"`
}

// listingJSON is what became of one collection.
type listingJSON struct {
	Source     string     `json:"source"`
	Server     string     `json:"server"`
	Credential string     `json:"credential,omitempty"` // where it came from
	Listed     int        `json:"listed"`
	Total      int        `json:"total,omitempty"` // as the host counts; missing: it does not
	Complete   bool       `json:"complete"`
	Error      string     `json:"error,omitempty"`
	Calls      int        `json:"calls"`
	Quota      *quotaJSON `json:"quota,omitempty"`
}

type quotaJSON struct {
	Limit     int       `json:"limit"`
	Remaining int       `json:"remaining"`
	Reset     time.Time `json:"reset,omitzero"`
}

type leftJSON struct {
	Owner  string         `json:"owner"`
	Name   string         `json:"name"`
	Reason workers.Reason `json:"reason"`
	Detail string         `json:"detail,omitempty"`
}

// estimateJSON is the cost of what would be cloned. Bytes are those of the
// history as the hosts count it; seconds are a range.
type estimateJSON struct {
	Clones       int     `json:"clones"`
	UnknownSizes int     `json:"unknownSizes"`
	Bytes        int64   `json:"bytes"`
	FreeBytes    uint64  `json:"freeBytes,omitempty"`
	Enough       bool    `json:"enoughDisk"`
	SecondsLow   float64 `json:"secondsLow"`
	SecondsHigh  float64 `json:"secondsHigh"`
}

// printPlan shows what a clone would do, and fails as it would.
func (c cloneCmd) printPlan(e *env, project string, p planned) error {
	cost := workers.EstimateOf(p.repositories(), p.config)
	room := c.room(project, cost)
	if c.JSON {
		if err := e.printJSON(p.json(project, cost, room)); err != nil {
			return err
		}
		return p.trouble(c, room)
	}
	n := map[workers.Action]int{}
	for _, i := range p.items {
		n[i.Action]++
		e.planLine(string(i.Action), i.Repository.Path, i.Reason)
	}
	for _, l := range p.all.left {
		if l.Reason == workers.ReasonName { // of all that the pattern does not mean, the number says enough
			continue
		}
		reason := string(l.Reason)
		if l.Detail != "" {
			reason += ": " + l.Detail
		}
		e.planLine("leave", l.Owner+"/"+l.Name, reason)
	}
	if len(p.all.listings) > 0 {
		e.sayGathered(p.all)
		e.sayCost(project, cost)
	}
	update := ""
	if n[workers.ActionUpdate] > 0 {
		update = fmt.Sprintf("%d to update, ", n[workers.ActionUpdate])
	}
	e.talk("%s: %d to clone, %s%d there already, %d refused. Nothing was done.\n", count(len(p.items), "repository"),
		n[workers.ActionClone]+n[workers.ActionReplace], update, n[workers.ActionSkip], n[workers.ActionRefuse])
	return p.trouble(c, room)
}

func (e *env) planLine(verb, name, reason string) {
	line := fmt.Sprintf("%-7s %s", verb, name)
	if reason != "" {
		line += " (" + reason + ")"
	}
	e.out.printf("%s\n", jobs.Printable(line))
}

// trouble is why a clone would not begin.
func (p planned) trouble(c cloneCmd, room error) error {
	for _, l := range p.all.listings {
		if l.err != nil && !c.Partial {
			return l.broken()
		}
	}
	if len(p.items) == 0 {
		return p.all.nothing()
	}
	return room
}

// repositories are those that would be cloned.
func (p planned) repositories() []workers.Repository {
	var repos []workers.Repository
	for _, i := range p.items {
		if i.Action == workers.ActionClone || i.Action == workers.ActionReplace {
			repos = append(repos, i.Repository)
		}
	}
	return repos
}

// room refuses clones that surely do not fit the disk: their history alone is
// bigger than what is free. One that is shallow or partial may fit all the
// same.
func (c cloneCmd) room(project string, cost workers.Estimate) error {
	free, err := platform.Free(project)
	if err != nil || c.Force || c.partly() || cost.Bytes <= 0 || uint64(cost.Bytes) <= free {
		return nil //nolint:nilerr // who cannot say refuses nothing
	}
	return hint(&codeError{exitError, fmt.Sprintf("too little disk: %s to clone, and %s free at %s", size(uint64(cost.Bytes)), size(free), project)},
		"free some space, choose fewer, or clone less of each (--depth 1, --filter blob:none); --force clones all the same")
}

// partly reports whether a clone may take less than its host counts.
func (f gitFlags) partly() bool {
	return f.Depth > 0 || f.Filter != "" || f.SingleBranch || f.Reference != ""
}

// sayGathered says how the listings went, and how many were left out and why.
func (e *env) sayGathered(g gathered) {
	for _, l := range g.listings {
		line := fmt.Sprintf("%s: listed %s in %s", l.collection, l.counted(), count(l.host.client.Calls(), "call"))
		if q := l.host.client.Quota(); q.Limit > 0 {
			line += fmt.Sprintf(", %d of %d left", q.Remaining, q.Limit)
			if !q.Reset.IsZero() {
				line += " until " + local(q.Reset)
			}
		}
		e.talk("%s.\n", jobs.Printable(line))
		if l.err != nil {
			e.talk("specweave: warning: %s: not all: %s\n", jobs.Printable(l.collection.String()), jobs.Printable(l.err.Error()))
		}
	}
	if n := workers.CountReasons(g.left); len(n) > 0 {
		line := "Left out: " + reasons(n) + "."
		if flags := includers(n); flags != "" {
			line += " To have them: " + flags + "."
		}
		e.talk("%s\n", line)
	}
	for _, l := range g.left {
		if l.Reason == workers.ReasonUnusable {
			e.talk("specweave: warning: %s: %s\n", jobs.Printable(l.Owner+"/"+l.Name), jobs.Printable(l.Detail))
		}
	}
}

func (e *env) sayCost(project string, cost workers.Estimate) {
	if cost.Clones == 0 {
		return
	}
	line := fmt.Sprintf("Disk: %s as their hosts count, work trees come on top", size(uint64(max(cost.Bytes, 0)))) //nolint:gosec // not negative
	if cost.Unknown > 0 {
		line += fmt.Sprintf("; %d of unknown size", cost.Unknown)
	}
	if free, err := platform.Free(project); err == nil {
		line += fmt.Sprintf("; %s free", size(free))
	}
	e.talk("%s.\n", line)
	e.talk("Time: between %s and %s (for lines of %s/s to %s/s).\n", duration(cost.Low), duration(cost.High),
		size(workers.FastLine), size(workers.SlowLine))
}

func (p planned) json(project string, cost workers.Estimate, room error) planJSON {
	j := planJSON{Schema: schemaVersion, Project: project, Plan: p.items, Estimate: estimateJSON{
		Clones: cost.Clones, UnknownSizes: cost.Unknown, Bytes: cost.Bytes, Enough: room == nil,
		SecondsLow: cost.Low.Seconds(), SecondsHigh: cost.High.Seconds(),
	}}
	if free, err := platform.Free(project); err == nil {
		j.Estimate.FreeBytes = free
	}
	if j.Plan == nil {
		j.Plan = []workers.PlanItem{}
	}
	for _, l := range p.all.listings {
		k := listingJSON{
			Source: l.collection.String(), Server: l.collection.Server.String(), Credential: l.host.reference,
			Listed: l.Listed, Total: l.Total, Complete: l.err == nil, Calls: l.host.client.Calls(),
		}
		if l.err != nil {
			k.Error = jobs.Printable(l.err.Error())
		}
		if q := l.host.client.Quota(); q != (rest.Quota{}) {
			k.Quota = &quotaJSON{q.Limit, q.Remaining, q.Reset}
		}
		j.Listings = append(j.Listings, k)
	}
	for _, l := range p.all.left {
		j.LeftOut = append(j.LeftOut, leftJSON{l.Owner, l.Name, l.Reason, l.Detail})
	}
	return j
}
