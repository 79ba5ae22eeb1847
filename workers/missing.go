package workers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
)

// lost reports whether the credential of a repository came from a URL, a
// variable, .env or gh when the job was created and now comes from none of
// these: git's own helpers are all that is left. It starts nothing.
func (c *Credentials) lost(config CloneConfig, r Repository) bool {
	return gone(config.reference(r.CloneURL), c.Reference(r.CloneURL))
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
		case strings.HasPrefix(name, "GITEA_"):
			name = "GITEA_URL=" + host + " and " + name
		case strings.HasPrefix(name, "G"):
			name = "GH_HOST=" + host + " and " + name
		case strings.HasPrefix(name, "A"):
			name = "AZURE_DEVOPS_ORG_URL=https://" + host + "/ORG and " + name
		}
	}
	return "put " + name + " into the project's .env"
}

// Gone says of the credential for a host, which a job had from reference when it
// was created, that it is gone, and what gives it back.
func Gone(host, reference string) string {
	return fmt.Sprintf("the credential for %s %s and is gone: %s", host, origin(reference), remedy(host, reference))
}

// divide returns what is to be done now, and the repositories that have to wait
// for a person with their credential.
func (w *cloning) divide() (tasks []task, waiting []Repository) {
	for i, item := range w.config.Items() {
		r := w.config.Repositories[i]
		switch {
		case w.progress.Seen(item):
		case !w.attended && w.creds.lost(w.config, r):
			waiting = append(waiting, r)
		default:
			tasks = append(tasks, task{r, item})
		}
	}
	return tasks, waiting
}

// lacking is why a job waits for a person who has the credentials of
// repositories.
func (w *cloning) lacking(waiting []Repository) string {
	var all []string
	for _, r := range waiting {
		host, ref := hostKey(r.CloneURL), w.config.reference(r.CloneURL)
		text := Gone(host, ref)
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	text := fmt.Sprintf(`%s; or resume it where that is set; "specweave jobs resume %s" tries in any case`, strings.Join(all, "; "), w.job.ID)
	return jobs.Printable(w.creds.Redactor().Redact(text))
}
