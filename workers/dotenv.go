package workers

import (
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

const maxDotenv = 1 << 20

// dotenvName are the variables that are taken from a project's .env; nothing
// else in it is read into the process.
var dotenvName = lazyregexp.New(`^(GITHUB|GH|GITLAB|GITEA|BITBUCKET|AZURE_DEVOPS|ADO|JIRA)_[A-Z_]+$`)

// readDotenv reads KEY=VALUE lines. A file that is missing or cannot be read
// holds nothing.
func readDotenv(path string) map[string]string {
	data, err := readRegular(path, maxDotenv)
	if err != nil {
		return nil
	}
	return parseDotenv(string(data))
}

// parseDotenv knows comments, `export`, single and double quotes, and comments
// after a value that is not quoted. The last of two equal names wins.
func parseDotenv(text string) map[string]string {
	vars := make(map[string]string)
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !dotenvName.MatchString(name) {
			continue
		}
		if q := value; len(q) > 1 && (q[0] == '"' || q[0] == '\'') && strings.IndexByte(q[1:], q[0]) >= 0 {
			value = q[1 : 1+strings.IndexByte(q[1:], q[0])]
		} else if i := strings.Index(value, " #"); i >= 0 {
			value = strings.TrimSpace(value[:i])
		}
		vars[name] = value
	}
	return vars
}
