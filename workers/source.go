package workers

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Source is one repository as a person named it.
type Source struct {
	Given    string // as [Show] shows it, after the file and line it stands in
	Owner    string
	Name     string
	Path     string // below the project; empty unless the source says so
	CloneURL string // for git; without credentials
	Login    Login  // what an http or https URL held before its @; zero if nothing
	Team     string
	AreaPath string
	Size     int64 // bytes on its host; 0: unknown

	// Collection is set if the source names many repositories. Owner and Name are
	// empty then, and CloneURL is the source without a credential.
	Collection *Collection
}

// Base is what relative sources are relative to.
type Base struct {
	Dir  string // absolute
	Home string // what ~ stands for; empty: nothing

	Hosts Hosts // of sources that name many repositories
}

var (
	scheme    = lazyregexp.New(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	helper    = lazyregexp.New(`^[A-Za-z0-9+.-]*::`)                 // gitremote-helpers(7)
	misspelt  = lazyregexp.New(`(?i)^(https?|ftps?|ssh|file):[/\\]`) // scp's form with a host of that name: hardly
	shorthand = lazyregexp.New(`^([A-Za-z0-9][A-Za-z0-9_-]*)/([A-Za-z0-9._-]+)$`)
	drive     = lazyregexp.New(`^[A-Za-z]:`)
)

// ParseSource reads one SOURCE: an https, http, git, ssh or file URL, the
// user@host:path form of scp, a local path (absolute or beginning with ./, ../
// or ~/), owner/repo on GitHub, or a [Collection]. It touches neither disk nor
// network.
//
// Owner and name come from the path: the last segment without .git is the
// name, the others are the owner. Of a file URL or a local path the owner is
// the parent folder alone; where a path has one segment it is the host, or
// "local". Azure DevOps' owner is organisation/project, as SpecWeave has it.
//
// The error is an [*InputError] and never repeats a credential.
func ParseSource(s string, base Base) (Source, error) {
	if c, login, ok, err := ParseCollection(s, base.Hosts); err != nil {
		return Source{}, err
	} else if ok {
		return Source{Given: Show(s), CloneURL: withoutLogin(s), Login: login, Collection: &c}, nil
	}
	src, reason := parse(s, base)
	if reason == "" {
		if err := checkNames(src.Owner, src.Name); err != nil {
			reason = err.Reason
		}
	}
	if reason != "" {
		return Source{}, refuse(s, reason)
	}
	src.Given = Show(s)
	return src, nil
}

// ParseSources reads many, each as [ParseSource] does. All that are bad are
// named, or the first 20.
func ParseSources(list []string, base Base) ([]Source, error) {
	var sources []Source
	var bad faults
	for _, s := range list {
		source, err := ParseSource(s, base)
		bad.add(err)
		sources = append(sources, source)
	}
	return sources, bad.err()
}

// withoutLogin is a source without what a URL has before its @.
func withoutLogin(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return s
	}
	u.User = nil
	return u.String()
}

func parse(s string, base Base) (Source, string) {
	if reason := suspicious(s); reason != "" {
		return Source{}, reason
	}
	if m := scheme.FindStringSubmatch(s); m != nil {
		switch strings.ToLower(m[1]) {
		case "http", "https", "git", "ssh", "git+ssh", "ssh+git":
			return parseURL(s)
		case "file":
			return parseFile(s)
		default:
			return Source{}, "transport " + m[1] + " is not supported: use https, http, ssh, git or file"
		}
	}
	switch {
	case isLocal(s):
		return parseLocal(s, base)
	case shorthand.MatchString(s):
		owner, name, _ := strings.Cut(s, "/")
		name = strings.TrimSuffix(name, ".git")
		return Source{Owner: owner, Name: name, CloneURL: "https://github.com/" + owner + "/" + name + ".git"}, ""
	case misspelt.MatchString(s):
		return Source{}, "malformed URL: two slashes follow the scheme"
	case strings.Contains(s, ":"):
		return parseSCP(s)
	default:
		return Source{}, "neither a URL nor owner/repo; a local path begins with ./, ../, ~/ or /, all repositories of an owner are github:OWNER"
	}
}

// suspicious refuses what no source may hold, before anything reads it.
func suspicious(s string) string {
	switch {
	case s == "":
		return "empty source"
	case len(s) > 4096:
		return "longer than 4096 bytes"
	case strings.HasPrefix(s, "-"):
		return "begins with a dash, which git would take for an option"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return "holds a control character or is not UTF-8"
	case strings.TrimSpace(s) != s:
		return "begins or ends with a space"
	case helper.MatchString(s):
		return "remote helpers (transport::address) are not supported: they run commands"
	}
	return ""
}

func isLocal(s string) bool {
	s = filepath.ToSlash(s)
	return s == "." || s == ".." || s == "~" || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") ||
		strings.HasPrefix(s, "~/") || strings.HasPrefix(s, "/") || filepath.IsAbs(s) || filepath.VolumeName(s) != "" && drive.MatchString(s)
}

func parseLocal(s string, base Base) (Source, string) {
	if rest, ok := strings.CutPrefix(filepath.ToSlash(s), "~"); ok && (rest == "" || rest[0] == '/') {
		if base.Home == "" {
			return Source{}, "there is no home directory"
		}
		s = base.Home + rest
	}
	switch volume := filepath.VolumeName(s); { // on Windows only
	case strings.HasPrefix(filepath.ToSlash(volume), "//?") || strings.HasPrefix(filepath.ToSlash(volume), "//."):
		return Source{}, `is a device: write C:\folder or \\server\share\folder`
	case volume != "" && !filepath.IsAbs(s):
		return Source{}, `is relative to the current folder of a drive: write C:\folder`
	case filepath.IsAbs(s):
	case strings.HasPrefix(filepath.ToSlash(s), "/"): // of the drive that base is on
		s = filepath.VolumeName(base.Dir) + s
	default:
		s = filepath.Join(base.Dir, s)
	}
	s = filepath.ToSlash(filepath.Clean(s))
	return fromFolder(s, s)
}

func parseFile(s string) (Source, string) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return Source{}, "malformed URL"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return Source{}, "holds a query or a fragment"
	case u.User != nil:
		return Source{}, "a file URL has no user"
	case u.Host != "" && u.Host != "localhost":
		return Source{}, "a file URL has no host: write file:///path"
	}
	// Git decodes the path and takes a host for its first folder.
	u.Host = ""
	raw := strings.TrimRight(u.EscapedPath(), "/")
	return fromFolder(u.Path, "file://"+raw)
}

// fromFolder names a repository after the folder it lies in.
func fromFolder(folder, cloneURL string) (Source, string) {
	folder = strings.TrimSuffix(strings.TrimRight(folder, "/"), "/.git")
	name := strings.TrimSuffix(path.Base(folder), ".git")
	owner := path.Base(path.Dir(folder))
	if owner == "/" || owner == "." || drive.MatchString(owner) {
		owner = "local"
	}
	if name == "" || name == "/" || name == "." {
		return Source{}, "names no repository"
	}
	return Source{Owner: owner, Name: name, CloneURL: cloneURL}, ""
}

func parseURL(s string) (Source, string) {
	u, err := url.Parse(s)
	if err != nil {
		return Source{}, "malformed URL" // url.Parse's error repeats passwords
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#") {
		return Source{}, "holds a query or a fragment"
	}
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return Source{}, "a URL holds no spaces: write %20"
	}
	if reason := checkHost(u.Hostname(), u.Port()); reason != "" {
		return Source{}, reason
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	var src Source
	switch _, hasPassword := u.User.Password(); {
	case u.Scheme == "http" || u.Scheme == "https":
		src.Login = urlLogin(u)
		u.User = nil
	case hasPassword:
		return Source{}, "a password in a URL works for http and https only; use a key"
	case strings.HasPrefix(u.User.Username(), "-"):
		return Source{}, "user begins with a dash"
	case tokenUser.MatchString(u.User.Username()):
		return Source{}, tokenRefused
	case u.User != nil && !sshUser.MatchString(u.User.Username()):
		return Source{}, "user holds unusual characters"
	}
	segments, reason := decode(u.EscapedPath())
	if reason != "" {
		return Source{}, reason
	}
	src.Owner, src.Name = ownerName(u.Hostname(), segments)
	u.RawPath = strings.TrimRight(u.EscapedPath(), "/")
	u.Path, _ = url.PathUnescape(u.RawPath)
	src.CloneURL = u.String()
	return src, ""
}

// decode splits a URL's path and decodes each segment on its own: an encoded
// slash separates nothing and is refused.
func decode(escaped string) ([]string, string) {
	var segments []string
	for part := range strings.SplitSeq(strings.Trim(escaped, "/"), "/") {
		s, err := url.PathUnescape(part)
		if err != nil || s == "" || strings.Contains(s, "/") {
			return nil, "malformed path"
		}
		segments = append(segments, s)
	}
	if segments[0] == ".git" {
		return nil, "names no repository"
	}
	return segments, ""
}

// tokenRefused is why a source with a token for a user is refused: ssh has no
// use for one, and the source is stored.
const tokenRefused = "the user looks like a token, which works for http and https only; use a key"

// parseSCP reads [user@]host:path, see "GIT URLS" in git-clone(1).
func parseSCP(s string) (Source, string) {
	user, rest, found := strings.Cut(s, "@")
	if c := strings.Index(s, ":"); !found || c >= 0 && c < len(user) {
		user, rest = "", s
	}
	var host, p string
	if strings.HasPrefix(rest, "[") {
		host, p, found = strings.Cut(rest[1:], "]:")
	} else {
		host, p, found = strings.Cut(rest, ":")
	}
	switch {
	case !found || strings.Contains(host, "/"):
		return Source{}, "neither a URL nor user@host:path"
	case strings.Contains(p, "@") && user == "":
		return Source{}, "a password cannot be given here; use a key"
	case tokenUser.MatchString(user):
		return Source{}, tokenRefused
	case user != "" && !sshUser.MatchString(user), strings.HasPrefix(user, "-"):
		return Source{}, "user holds unusual characters"
	}
	if reason := checkHost(host, ""); reason != "" {
		return Source{}, reason
	}
	segments := strings.FieldsFunc(p, func(r rune) bool { return r == '/' })
	if len(segments) == 0 || strings.HasPrefix(p, "-") {
		return Source{}, "names no repository"
	}
	src := Source{CloneURL: strings.TrimRight(s, "/")}
	src.Owner, src.Name = ownerName(strings.ToLower(host), segments)
	return src, ""
}

// checkCloneURL refuses what ParseSource would not have written.
func checkCloneURL(s string) error {
	if isLocal(s) && !filepath.IsAbs(s) && !strings.HasPrefix(s, "/") {
		return refuse(s, "not an absolute path")
	}
	src, reason := parse(s, Base{})
	if reason == "" && src.Login != (Login{}) {
		reason = "holds a credential"
	}
	if reason != "" {
		return refuse(s, reason)
	}
	return nil
}
