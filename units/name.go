package units

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
)

// Name returns the unit name of one attempt at a job of the project at the
// given path: "specweave-<project hash>-<job>-<attempt>", without the suffix
// that a manager may add. It is computed, never stored: whoever knows the job
// knows its units. Two spellings of a path that [filepath.Clean] makes equal
// give the same name.
func Name(project, job string, attempt int) string {
	return prefix(project) + jobPart(job) + "-" + strconv.Itoa(attempt)
}

// Prefix returns what the names of all attempts at a job begin with, up to and
// including the last dash. With an empty job it is the prefix of all jobs of
// the project.
func Prefix(project, job string) string {
	if job == "" {
		return prefix(project)
	}
	return prefix(project) + jobPart(job) + "-"
}

func prefix(project string) string {
	return "specweave-" + digest(filepath.Clean(project))[:6] + "-"
}

// jobPart keeps an ordinary id, lower-case hexadecimal digits, as it is. Any
// other becomes an x, which is no such digit, and a hash: every unit name is
// valid and no two ids share one.
func jobPart(id string) string {
	if id != "" && len(id) <= 32 && strings.Trim(id, "0123456789abcdef") == "" {
		return id
	}
	return "x" + digest(id)[:16]
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// validName reports whether every manager takes the name: letters, digits and
// inner dashes, at most 200 bytes (systemd.unit(5) allows 256 with the suffix,
// a file system 255).
func validName(name string) bool {
	if name == "" || len(name) > 200 || name[0] == '-' {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}
