package main

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/profiles"
)

type syncProfilesCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

type profileJSON struct {
	Name        string               `json:"name"`
	Provider    string               `json:"provider"`
	Title       string               `json:"displayName,omitempty"`
	Host        string               `json:"host,omitempty"` // "": the usual one
	Sources     []string             `json:"sources"`
	Default     bool                 `json:"default"`
	Direction   profiles.Direction   `json:"direction"`
	Conflict    profiles.Conflict    `json:"conflict"`
	Permissions profiles.Permissions `json:"permissions"`
	Limit       int                  `json:"maxItemsPerSync,omitempty"`
	Valid       bool                 `json:"valid"`
	Faults      []profiles.Fault     `json:"faults"`
}

func (c syncProfilesCmd) Run(e *env) error {
	project, err := e.project()
	if err != nil {
		return err
	}
	s, err := readSync(project)
	if err != nil {
		return err
	}
	valid := len(wrong(s.Faults)) == 0
	all := []profileJSON{}
	for _, p := range s.Profiles {
		valid = valid && p.Usable()
		all = append(all, profileJSON{
			p.Name, p.Provider, p.Title, p.Host, append([]string{}, p.Sources...), home(s) == p.Name, p.Direction, p.Conflict,
			p.Permissions, p.Limit, p.Usable(), append([]profiles.Fault{}, p.Faults...),
		})
	}
	if c.JSON {
		err = e.printJSON(map[string]any{
			"schemaVersion": schemaVersion, "project": project, "enabled": !s.Disabled, "profiles": all, "faults": append([]profiles.Fault{}, s.Faults...),
		})
	} else {
		e.printProfiles(s, all)
	}
	if err == nil && !valid {
		return &codeError{code: exitUsage}
	}
	return err
}

func (e *env) printProfiles(s profiles.Sync, all []profileJSON) {
	if s.Disabled {
		e.talk("Syncing is switched off: sync.enabled is false.\n")
	}
	rows := [][]string{{"Profile", "Tracker", "Sources", "Direction", "Conflict", "May"}}
	var faults []profiles.Fault
	for i, p := range all {
		name, provider := p.Name, p.Provider
		if p.Default {
			name += " *"
		}
		if p.Host != "" {
			provider += " " + p.Host
		}
		rows = append(rows, []string{
			jobs.Printable(name), jobs.Printable(provider), jobs.Printable(strings.Join(p.Sources, " ")), string(p.Direction), string(p.Conflict), may(p.Permissions),
		})
		faults = append(faults, s.Profiles[i].Faults...)
	}
	if len(all) == 0 {
		e.out.printf("No profiles: .specweave/config.json has no sync.profiles.\n")
	} else {
		e.out.table("", 0, rows)
	}
	for _, f := range slices.Compact(slices.SortedFunc(slices.Values(append(faults, s.Faults...)), byPath)) {
		kind := ""
		if f.Warning {
			kind = "warning: "
		}
		e.talk("specweave: %s%s\n", kind, jobs.Printable(f.String()))
	}
}

func byPath(a, b profiles.Fault) int { return strings.Compare(a.String(), b.String()) }

// may is "read, status, write".
func may(p profiles.Permissions) string {
	var all []string
	for _, can := range []struct {
		yes  bool
		what string
	}{{p.Read, "read"}, {p.UpdateStatus, "status"}, {p.Upsert, "write"}, {p.Delete, "archive"}} {
		if can.yes {
			all = append(all, can.what)
		}
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}
