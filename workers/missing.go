package workers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
)

// MissingCredentials returns the hosts of config whose credential came from a
// URL, a variable, .env or gh when the job was created and now comes from none
// of these: git's own helpers are all that is left. A host is missing only if
// that holds for all its repositories. It starts nothing.
func MissingCredentials(config CloneConfig, creds *Credentials) []string {
	missing := make(map[string]bool)
	for _, r := range config.Repositories {
		host := hostKey(r.CloneURL)
		lost, known := missing[host]
		missing[host] = (lost || !known) && gone(config.Credentials[host], creds.Reference(r.CloneURL))
	}
	var hosts []string
	for host, lost := range missing {
		if lost {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

// gone reports whether nothing has taken the place of a stored reference.
func gone(stored, now string) bool { return stored != "" && stored != "git" && now == "git" }

// origin is a stored reference in words.
func origin(reference string) string {
	source, name, _ := strings.Cut(reference, ":")
	switch source {
	case "launch":
		return "was in a URL of the launch"
	case "env":
		return "was in " + name + " of the launching shell"
	case "dotenv":
		return "was in .env as " + name
	}
	return "came from " + reference
}

// remedy says what gives a job the credential of a host back.
func remedy(host, reference string) string {
	source, name, _ := strings.Cut(reference, ":")
	if source == "gh" {
		return fmt.Sprintf(`"gh auth login --hostname %s"`, host)
	}
	none := func(string) string { return "" }
	if name == "" { // of a URL: what else the host has
		names, _ := tokens(host, none)
		if len(names) == 0 {
			return "tell a credential helper of git (gitcredentials(7))"
		}
		name = names[0]
	}
	// A host of one's own is known by a variable, too.
	if names, _ := tokens(host, none); !slices.Contains(names, name) {
		switch {
		case strings.HasPrefix(name, "GITLAB_"):
			name = "GITLAB_HOST=" + host + " and " + name
		case strings.HasPrefix(name, "G"):
			name = "GH_HOST=" + host + " and " + name
		}
	}
	return "put " + name + " into the project's .env"
}

// divide returns what is to be done now, and the hosts whose repositories have
// to wait for a person with their credential.
func (w *cloning) divide() (tasks []task, missing []string) {
	rest := w.config
	rest.Repositories = nil
	for i, item := range w.config.Items() {
		if r := w.config.Repositories[i]; !w.progress.Seen(item) {
			tasks = append(tasks, task{r, item})
			rest.Repositories = append(rest.Repositories, r)
		}
	}
	if w.attended {
		return tasks, nil
	}
	missing = MissingCredentials(rest, w.creds)
	return slices.DeleteFunc(tasks, func(t task) bool { return slices.Contains(missing, hostKey(t.CloneURL)) }), missing
}

// lacking is why a job waits for a person who has the credentials of hosts.
func (w *cloning) lacking(hosts []string) string {
	var all []string
	for _, host := range hosts {
		ref := w.config.Credentials[host]
		all = append(all, fmt.Sprintf("the credential for %s %s and is gone: %s", host, origin(ref), remedy(host, ref)))
	}
	text := fmt.Sprintf(`%s; or resume it where that is set; "specweave jobs resume %s" tries in any case`, strings.Join(all, "; "), w.job.ID)
	return jobs.Printable(w.creds.Redactor().Redact(text))
}
