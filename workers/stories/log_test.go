package stories

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/specweave/specweave/platform"
)

// A log that grew is compacted by the next Open; who had the long one open goes
// on with the short one. On Windows the log is compacted when nobody has it open.
func TestCompaction(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	path := l.log.path
	var page []Draft
	for n := range 100 {
		page = append(page, issue("acme/web", n+1, "Issue", "0"))
	}
	put(t, l, of(ado, "acme/Web", "ADO-11", "Task", "ADO-10"))
	for i := range 14 {
		for n := range page {
			page[n].Body = fmt.Sprint(i)
		}
		put(t, l, page...)
	}
	long, err := os.Stat(path)
	check(t, err)
	if runtime.GOOS == "windows" {
		check(t, l.Close())
	}
	other := library(t, project)
	short, err := os.Stat(path)
	check(t, err)
	if short.Size() > long.Size()/10 {
		t.Errorf("%d bytes became %d", long.Size(), short.Size())
	}
	if runtime.GOOS == "windows" {
		l = library(t, project)
	}
	page[0].Body = "later"
	put(t, other, page[0])
	edit(t, project, put(t, l, page[0])[0].Path, "later", "mine")
	page[0].Body, page[1].Title = "latest", "Another"
	for _, l := range []*Library{l, other, library(t, project)} {
		if r := put(t, l, page...); l == other && outcomes(r) != strings.TrimSpace(strings.Repeat("unchanged ", 100)) {
			t.Error(outcomes(r))
		}
	}
	if got := read(t, project, put(t, l, page[0])[0].Path); !strings.Contains(got, "\nmine\n") || !strings.Contains(got, "> latest\n") {
		t.Error(got)
	}
	r := put(t, l, of(ado, "acme/Web", "ADO-10", "User Story", ""))
	if got := read(t, project, r[0].Path); !strings.Contains(got, "**T-001**: The Task ADO-11") {
		t.Errorf("compaction lost a task:\n%s", got)
	}
}

// What a power cut leaves of a log is read as far as it is whole, and the next
// page is appended behind it.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"torn":      func(b []byte) []byte { return b[:len(b)-20] },
		"zeros":     func(b []byte) []byte { return append(b, make([]byte, 4096)...) },
		"a line":    func(b []byte) []byte { return append([]byte("\x00\x01\tx\n"), b...) },
		"long line": func(b []byte) []byte { return append([]byte(strings.Repeat("x", 1<<20)+"\n"), b...) },
		"empty":     func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project := t.TempDir()
			l := library(t, project)
			page := []Draft{issue("acme/web", 1, "One", "a"), issue("acme/web", 2, "Two", "b")}
			put(t, l, page...)
			data, err := os.ReadFile(l.log.path)
			check(t, err)
			check(t, os.WriteFile(l.log.path, damage(data), 0o600))
			if got := outcomes(put(t, library(t, project), page...)); got != "unchanged unchanged" {
				t.Error(got)
			}
			page[0].Body, page[1].Body = "new", "new"
			if got := outcomes(put(t, library(t, project), page...)); got != "refreshed refreshed" {
				t.Error(got)
			}
			l = library(t, project)
			for id, e := range l.x.entries {
				if e.source == 0 || l.log.base(e.was) == nil {
					t.Errorf("%s is not in the log", id)
				}
			}
		})
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	lab := of("gitlab", "acme/sub/web", "gitlab#acme/sub/web#4", "issue", "")
	put(t, l, issue("acme/web", 1, "One", ""), issue("acme/web2", 2, "Two", ""), lab, of(jira, "PROJ", "PROJ-3", "Bug", ""), of(jira, "PROJX", "PROJX-3", "Bug", ""),
		of(ado, "acme/Web App", "ADO-5", "Bug", ""), of(ado, "acme/Web", "ADO-6", "Bug", ""))
	for n, of := range map[string]string{"7": "acme/Web%20App", "8": "acme/Web", "9": "other/Web"} {
		lay(t, project, "FS-001/us-00"+n+"-x.md", "# US-00"+n+": One\n\n---\n\n## External Metadata\n\n- **External ID**: ADO-"+n+"\n- **External URL**: https://dev.azure.com/"+of+"/_workitems/edit/"+n+"\n")
	}
	l = library(t, project)
	for _, c := range []struct{ platform, source, want string }{
		{github, "Acme/web", "gh:acme/web#1"},
		{"gitlab", "acme/sub/web", "gitlab#acme/sub/web#4"},
		{jira, "PROJ", "jira-proj-3"},
		{ado, "acme/Web", "ado-6 ado-8"},
		{ado, "acme/Web App", "ado-5 ado-7"},
	} {
		var got []string
		for id, path := range l.Known(c.platform, c.source) {
			if p, ok := l.Path(id); !ok || p != path {
				t.Errorf("%s: %s, %s", id, p, path)
			}
			got = append(got, id)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s %s: %s", c.platform, c.source, s)
		}
	}
}

// Stories are documents of the user, with the rights of such; the log is ours.
func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("has no modes")
	}
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "One", "a")
	path := filepath.Join(project, filepath.FromSlash(put(t, l, d)[0].Path))
	mask := os.FileMode(platform.Umask())
	expect := func(path string, want os.FileMode) {
		t.Helper()
		info, err := os.Stat(path)
		check(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
	}
	expect(path, 0o666&^mask)
	expect(filepath.Dir(path), 0o777&^mask)
	expect(filepath.Join(project, ".specweave"), 0o777&^mask)
	expect(l.log.path, 0o600)
	expect(filepath.Dir(l.log.path), 0o700)
	check(t, os.Chmod(path, 0o664))
	d.Body = "b"
	put(t, l, d)
	expect(path, 0o664)
}

// Files that a killed import did not finish are gone after the next Open; those
// of people stay.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	put(t, library(t, project), issue("acme/web", 1, "One", "a"))
	left := filepath.Join(project, filepath.FromSlash(Dir), "web", "FS-001E", ".us-002e-two.md"+tempSuffix)
	check(t, os.WriteFile(left, []byte("# US-0"), 0o644))
	mine := filepath.Join(filepath.Dir(left), ".notes"+tempSuffix)
	check(t, os.WriteFile(mine, []byte("mine"), 0o644))
	library(t, project)
	if _, err := os.Stat(left); err == nil {
		t.Error("it is still there")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}
