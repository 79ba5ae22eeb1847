package rest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// refusal is what a host says about an answer that is no success.
type refusal struct {
	message string // one line
	need    string // the scope or permission that is missing
	fields  map[string]string
}

const maxMessage = 300 // bytes of a host's own words that are kept

// parseRefusal reads the errors of all vendors: GitHub, GitLab, Azure DevOps
// and Gitea answer an object with a message, GitLab's OAuth one with error and
// error_description (RFC 6750), Bitbucket one with error.message, Jira one with
// errorMessages. What is wrong with single fields stands in errors, and with
// GitLab in place of the message. Of text the first line is taken, of HTML nothing.
func parseRefusal(status int, h http.Header, body []byte) refusal {
	var said struct {
		Message       json.RawMessage `json:"message"`
		Error         json.RawMessage `json:"error"`
		Description   json.RawMessage `json:"error_description"`
		ErrorMessages []string        `json:"errorMessages"`
		Errors        json.RawMessage `json:"errors"`
		Scope         json.RawMessage `json:"scope"`
		Properties    json.RawMessage `json:"customProperties"`
	}
	isJSON := json.Unmarshal(body, &said) == nil
	var inner struct {
		Message string `json:"message"`
		Detail  struct {
			Required []string `json:"required"`
		} `json:"detail"`
	}
	_ = json.Unmarshal(said.Error, &inner) // or it is a string, and empty
	message := firstOf(text(said.Message), text(said.Description), inner.Message, text(said.Error), strings.Join(said.ErrorMessages, "; "))
	fields := fieldErrors(said.Errors)
	if fields == nil {
		fields = fieldErrors(said.Message)
	}
	message = strings.Join(slices.DeleteFunc([]string{message, details(said.Errors, fields)}, func(s string) bool { return s == "" }), ": ")
	if fields == nil {
		fields = ruleErrors(said.Properties) // which the message tells of
	}
	if line := strings.TrimSpace(string(body)); !isJSON && !strings.HasPrefix(line, "<") {
		message = line
	}
	need := firstOf(sso(h), scopes(status, h), text(said.Scope), strings.Join(inner.Detail.Required, ", "), challenge(h), required(message))
	return refusal{clip(message), clip(need), fields}
}

// details says what is wrong with a request in particular, which is more than
// "Validation Failed".
func details(raw json.RawMessage, fields map[string]string) string {
	var list []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	}
	var messages []string
	if json.Unmarshal(raw, &list) == nil {
		for _, e := range list {
			if e.Field == "" {
				messages = append(messages, e.Message)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		messages = append(messages, name+": "+fields[name])
	}
	return strings.Join(slices.DeleteFunc(messages, func(s string) bool { return s == "" }), "; ")
}

// fieldErrors reads what is wrong with single fields, by the host's names of
// them: GitHub has a list of objects with field, code and perhaps a message
// ("Troubleshooting the REST API", docs.github.com), Jira an object of messages,
// GitLab one of lists of messages ("Data validation and error reporting",
// docs.gitlab.com/api/rest/troubleshooting).
func fieldErrors(raw json.RawMessage) map[string]string {
	fields := make(map[string]string)
	var list []struct {
		Field   string          `json:"field"`
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Value   json.RawMessage `json:"value"`
	}
	if json.Unmarshal(raw, &list) == nil {
		for _, e := range list {
			if e.Field != "" {
				fields[e.Field] = clip(firstOf(e.Message, strings.TrimSpace(e.Code+" "+text(e.Value))))
			}
		}
	}
	var objects map[string]json.RawMessage
	if json.Unmarshal(raw, &objects) == nil {
		for name, value := range objects {
			var messages []string
			if json.Unmarshal(value, &messages) != nil {
				messages = []string{text(value)}
			}
			fields[name] = clip(strings.Join(messages, ", "))
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// ruleErrors reads which fields Azure DevOps complains of: those whose rules are
// broken, by the names that its API has for them, or the only one.
func ruleErrors(raw json.RawMessage) map[string]string {
	var said struct {
		Name    string `json:"ReferenceName"`
		Message string `json:"ErrorMessage"`
		Rules   []struct {
			Field   string `json:"fieldReferenceName"`
			Message string `json:"errorMessage"`
		} `json:"RuleValidationErrors"`
	}
	_ = json.Unmarshal(raw, &said) // what is of another kind is not read
	fields := make(map[string]string)
	for _, rule := range said.Rules {
		if rule.Field != "" {
			fields[rule.Field] = clip(rule.Message)
		}
	}
	if len(fields) == 0 && said.Name != "" {
		fields[said.Name] = clip(said.Message)
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// text returns a JSON string, or any other value as it stands.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil || len(raw) == 0 || raw[0] == '{' {
		return s
	}
	return string(raw)
}

func firstOf(list ...string) string {
	i := slices.IndexFunc(list, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return list[i]
}

// clip keeps the first line of s, and not too much of it.
func clip(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if len(s) > maxMessage {
		s = s[:maxMessage]
		for !utf8.ValidString(s) && len(s) > maxMessage-utf8.UTFMax {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return strings.TrimSpace(s)
}

// sso reads what GitHub says of a token that an organisation with SAML single
// sign-on does not know ("Authorizing a personal access token for use with
// single sign-on", docs.github.com).
func sso(h http.Header) string {
	_, link, ok := strings.Cut(h.Get("X-GitHub-SSO"), "required; url=")
	if !ok {
		return ""
	}
	return "the token to be authorized for SAML single sign-on at " + link
}

// scopes reads which of GitHub's scopes would do and are not there, or the
// permissions that a fine-grained token lacks ("Scopes for OAuth apps",
// "Troubleshooting the REST API", docs.github.com). Other answers than a
// refusal have these headers too, and mean nothing by them.
func scopes(status int, h http.Header) string {
	if status != http.StatusForbidden {
		return ""
	}
	if p := h.Get("X-Accepted-GitHub-Permissions"); p != "" {
		return "permission " + p
	}
	has := list(h.Get("X-OAuth-Scopes"))
	accepted := list(h.Get("X-Accepted-OAuth-Scopes"))
	if slices.ContainsFunc(accepted, func(s string) bool { return slices.Contains(has, s) }) {
		return "" // it is not for want of a scope
	}
	return strings.Join(accepted, " or ")
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

var (
	challengeScope = lazyregexp.New(`scope="([^"]+)"`)
	requiredScope  = lazyregexp.New(`required=\[([^\]]+)\]`)
)

// challenge reads the scope of a Bearer challenge (RFC 6750, 3).
func challenge(h http.Header) string {
	if m := challengeScope.FindStringSubmatch(h.Get("WWW-Authenticate")); m != nil {
		return m[1]
	}
	return ""
}

// required reads the scopes in Gitea's message (services/context/api.go,
// "token does not have at least one of required scope(s)").
func required(message string) string {
	if m := requiredScope.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}
