package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// errShort says that a host counts more repositories than it gave.
var errShort = errors.New("the host counts more than it lists")

// counted is "300 of 300", or "300" where the host does not count. What the
// host counts and hides is said too.
func (l listing) counted() string {
	switch {
	case l.Total == 0:
		return fmt.Sprint(l.Listed)
	case l.Hidden > 0:
		return fmt.Sprintf("%d of %d (and %d that it does not show)", l.Listed, l.Total, l.Hidden)
	}
	return fmt.Sprintf("%d of %d", l.Listed, l.Total)
}

// broken is l's error with its exit code and what can be done about it.
func (l listing) broken() error {
	name := l.collection.String()
	err := fmt.Errorf("%s: %w", name, l.err)
	if l.Listed > 0 {
		err = fmt.Errorf("%s: broke off after %s listed: %w", name, count(l.Listed, "repository"), l.err)
		if l.Total > 0 {
			err = fmt.Errorf("%s: broke off after %s: %w", name, l.counted(), l.err)
		}
	}
	coded := &listError{err, codeOfClass(workers.ClassOf(l.err))}
	switch coded.code {
	case exitNotFound:
		return hint(coded, "%s", l.unknown())
	case exitAuth:
		return hint(coded, "%s", l.denied())
	}
	var limit *rest.LimitError
	var cert *rest.CertificateError
	var format *rest.FormatError
	switch {
	case errors.As(l.err, &limit):
		return hint(coded, "try again after %s", local(limit.Until))
	case errors.As(l.err, &cert):
		coded.code = exitError
		return hint(coded, "SSL_CERT_FILE names a file with certificates of your own")
	case errors.Is(l.err, rest.ErrPlain):
		coded.code = exitError
		return hint(coded, "--host http://%s, if what is sent may be read on the way", l.collection.Server.Host)
	case errors.As(l.err, &format), errors.Is(l.err, workers.ErrCircle):
		coded.code = exitError
	case errors.Is(l.err, errShort):
		coded.code = exitTemporary
	}
	if l.Listed > 0 {
		return hint(coded, "try again, or go on with what was listed: --partial")
	}
	if coded.code == exitError {
		return hint(coded, "is %s the API of %s? --host names another server", l.collection.API, kindName(l.collection.Kind))
	}
	return coded
}

// codeOfClass is the exit code for an error of a host.
func codeOfClass(class string) int {
	switch class {
	case workers.ClassNotFound:
		return exitNotFound
	case workers.ClassAuth:
		return exitAuth
	case workers.ClassThrottle, workers.ClassNetwork, workers.ClassServer:
		return exitTemporary
	}
	return exitError
}

// listError gives the error of a host an exit code.
type listError struct {
	error
	code int
}

func (e *listError) Unwrap() error { return e.error }

// unknown says what can be done about an owner that was not found.
func (l listing) unknown() string {
	if l.host.reference == "" {
		return "the name may be wrong, or only members may see it: " + l.login()
	}
	return fmt.Sprintf("the name may be wrong, or the credential (%s) may not see it", said(l.host.reference))
}

// denied says what can be done about a refusal.
func (l listing) denied() string {
	var status *rest.StatusError
	switch {
	case l.host.reference == "":
		return l.login()
	case errors.As(l.err, &status) && status.Need != "":
		return fmt.Sprintf("the token (%s) lacks a permission: %s", said(l.host.reference), status.Need)
	case errors.As(l.err, &status) && status.Status == http.StatusUnauthorized:
		return fmt.Sprintf("the token (%s) is wrong, expired or revoked", said(l.host.reference))
	}
	return fmt.Sprintf("the credential (%s) does not suffice", said(l.host.reference))
}

// said puts a reference in words.
func said(reference string) string {
	switch kind, name, _ := strings.Cut(reference, ":"); kind {
	case "launch":
		return "from the URL"
	case "dotenv":
		return name + " of .env"
	case "env":
		return name
	case "gh":
		return "of gh"
	}
	return "of git's credential helper"
}

// login says how to log in to a kind of host.
func (l listing) login() string {
	if l.host.withheld != "" {
		return withheld(l.host.withheld, l.collection.Server.Host)
	}
	switch l.collection.Kind {
	case workers.GitHub:
		if l.collection.Server.Host != "github.com" {
			return "gh auth login, or set GH_ENTERPRISE_TOKEN"
		}
		return "gh auth login, or set GITHUB_TOKEN"
	case workers.GitLab:
		return "set GITLAB_TOKEN"
	case workers.Azure:
		return "set AZURE_DEVOPS_PAT"
	case workers.Bitbucket:
		return "set BITBUCKET_TOKEN"
	case workers.Gitea:
		return "set GITEA_TOKEN"
	case workers.Jira:
		return "set JIRA_API_TOKEN and JIRA_EMAIL"
	}
	return ""
}

func kindName(k workers.Kind) string {
	return map[workers.Kind]string{
		workers.GitHub: "GitHub", workers.GitLab: "GitLab", workers.Azure: "Azure DevOps", workers.Bitbucket: "Bitbucket", workers.Gitea: "Gitea", workers.Jira: "Jira",
	}[k]
}
