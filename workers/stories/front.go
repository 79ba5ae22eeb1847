package stories

import (
	"encoding/json"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// byteOrderMark is the bytes that some programs begin a file with.
const byteOrderMark = "\ufeff"

// frontMatterEnd is where the front matter of a file ends, the line that closes
// it included; 0 if it has none.
func frontMatterEnd(file string) int {
	first, rest, ok := strings.Cut(file, "\n")
	if !ok || strings.TrimRight(strings.TrimPrefix(first, byteOrderMark), " \t\r") != "---" {
		return 0
	}
	at := len(file) - len(rest)
	for line := range strings.Lines(rest) {
		at += len(line)
		if strings.TrimRight(line, " \t\r\n") == "---" {
			return at
		}
	}
	return 0
}

// frontMatter reads the scalars at the top of a file's front matter. It is no
// YAML: SpecWeave 1.0.593 writes titles with a colon in them and no quotes,
// which YAML refuses, and this reads.
func frontMatter(file string) map[string]string {
	end := frontMatterEnd(file)
	if end == 0 {
		return nil
	}
	fields := make(map[string]string)
	for line := range strings.Lines(file[:end]) {
		key, val, ok := strings.Cut(strings.TrimRight(line, " \t\r\n"), ":")
		if !ok || key == "" || strings.ContainsAny(key, " \t#-") || val != "" && val[0] != ' ' && val[0] != '\t' {
			continue
		}
		if _, ok := fields[key]; !ok {
			fields[key] = scalar(strings.TrimSpace(val))
		}
	}
	return fields
}

func scalar(s string) string {
	if len(s) < 2 {
		return s
	}
	switch {
	case s[0] == '"' && s[len(s)-1] == '"':
		var t string
		if json.Unmarshal([]byte(s), &t) == nil {
			return t
		}
		return s[1 : len(s)-1]
	case s[0] == '\'' && s[len(s)-1] == '\'':
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'")
	}
	if plain, _, ok := strings.Cut(s, " #"); ok {
		return strings.TrimSpace(plain)
	}
	return s
}

// plainScalar is what YAML reads as the string that it is, without quotes and
// whatever its version: no indicator at the start, no ": " and no " #", and a
// letter that numbers, dates and the words for true, false and null lack.
var plainScalar = lazyregexp.New(`^[A-Za-z][A-Za-z0-9_.-]*[/#\\-][A-Za-z0-9_./#\\-]*$`)

// plainWords are further strings that are known to need no quotes.
var plainWords = lazyregexp.New(`^(github|gitlab|gitea|jira|ado|Epic|Feature|User Story|Capability|Initiative|Story|Bug|Task|Milestone)$`)

// yaml is s, one line, as a scalar of YAML.
func yaml(s string) string {
	if plainScalar.MatchString(s) || plainWords.MatchString(s) {
		return s
	}
	return quoted(s)
}

// quoted is s in double quotes, in which YAML knows the escapes of JSON
// ("Double-Quoted Style", yaml.org/spec/1.2.2).
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // never fails for a string
	return strings.TrimSuffix(b.String(), "\n")
}
