package workers

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Input is what a launch hands to its worker and nobody else: as JSON, on
// standard input. It lasts as long as the operating system keeps it for the
// unit; after a reboot it is gone.
type Input struct {
	// Attended says that a person started the attempt, who can do something
	// about a credential that is missing: [Handover] sets it. Whoever starts a
	// job again in the place of a person, after a reboot for one, hands over
	// nothing, and the job then waits for a person: see [Clone.Work].
	Attended bool `json:"attended,omitempty"`
	// Logins that were given in URLs, by "https://host[:port]/path" or
	// "https://host[:port]". They come before everything else.
	Logins map[string]Login `json:"logins,omitempty"`
	// Servers says of which kind hosts are, see [KnownServers].
	Servers map[string]Kind `json:"servers,omitempty"`
	// Env are variables of the launching shell that the worker needs and that
	// others may not see. The worker's own environment comes after them.
	Env map[string]string `json:"env,omitempty"`
	// Umask is that of the launching shell, in four octal digits.
	Umask string `json:"umask,omitempty"`
}

// ParseInput reads what a worker got. No data is an empty Input.
func ParseInput(data []byte) (Input, error) {
	var in Input
	if len(bytes.TrimSpace(data)) == 0 {
		return in, nil
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return Input{}, errors.New("what was handed over on standard input is not JSON") // the cause may quote a secret
	}
	return in, nil
}

// Handover prepares a launch: what the job stores about the credential of each
// host, and what its worker gets on standard input: in, which has the logins of
// [Collect] and the servers that are known, and what environ, the environment of
// the launching shell, adds. It reads the project's .env and gh's list of hosts
// and starts nothing.
func Handover(project string, repos []Repository, in Input, environ []string) (map[string]string, Input) {
	in.Attended, in.Env, in.Umask = true, make(map[string]string), shellUmask()
	c := NewCredentials(project, in, environ)
	for _, r := range repos {
		e, ok := parseEndpoint(r.CloneURL)
		if !ok {
			continue
		}
		_, variable := c.variable(e)
		if variable == "" {
			continue
		}
		names := append(slices.Collect(maps.Keys(serverVariables)), "BITBUCKET_USERNAME", "JIRA_EMAIL") // these say whose the token is
		if name, ok := strings.CutPrefix(variable, "env:"); ok {
			names = append(names, name)
		}
		for _, name := range names {
			if v := lookup(environ, name); v != "" {
				in.Env[name] = v
			}
		}
	}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasSuffix(strings.ToLower(name), "_proxy") && strings.Contains(value, "@") {
			in.Env[name] = value
		}
	}
	return references(repos, c), in
}

// references is what a [CloneConfig] keeps. A host has the reference of what is
// not said of one repository alone, as a URL of the launch is.
func references(repos []Repository, c *Credentials) map[string]string {
	all := make(map[string]string)
	each := func(note func(e endpoint, reference string)) {
		for _, r := range repos {
			if e, ok := parseEndpoint(r.CloneURL); ok {
				note(e, c.Reference(r.CloneURL))
			}
		}
	}
	each(func(e endpoint, reference string) {
		if old := all[e.host]; old == "" || old == "launch" {
			all[e.host] = reference
		}
	})
	each(func(e endpoint, reference string) {
		if reference != all[e.host] {
			all[e.host+"/"+e.path] = reference
		}
	})
	return all
}
