package workers

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPartials(t *testing.T) {
	t.Parallel()
	project, outside := t.TempDir(), t.TempDir()
	for _, file := range []string{
		"libs/x.partial-0badc0de/ABCDEFG2/.git/objects/pack/tmp_pack_1",
		"repositories/acme/y.partial-0badc0de/ABCDEFG2/file",
		"repositories/acme/mine.partial-0badc0de/notes/file", // not the name of a clone
		"repositories/acme/w.partial-0badc0de/ABCDEFG2",      // not a clone
		"repositories/acme/z.partial-old/ABCDEFG2/file",      // not the name of a job
		"elsewhere/x.partial-0badc0de/ABCDEFG2/file",         // where no job clones
		"libs/file.partial-0badc0de",
	} {
		write(t, filepath.Join(project, file), "")
	}
	write(t, filepath.Join(outside, "ABCDEFG2/keep"), "")
	link(t, outside, filepath.Join(project, "libs/link.partial-0badc0de"))
	if err := os.Chmod(filepath.Join(project, "libs/x.partial-0badc0de/ABCDEFG2/.git/objects/pack"), 0o500); err != nil {
		t.Fatal(err)
	}
	repos := []Repository{{Path: "libs/x"}, {Path: "libs/w"}, {Path: "gone/a/b"}}
	got, err := FindPartials(project, repos)
	if err != nil {
		t.Fatal(err)
	}
	want := []Partial{{"libs/x.partial-0badc0de", "0badc0de"}, {"repositories/acme/y.partial-0badc0de", "0badc0de"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	for _, p := range append(got, Partial{Path: "libs/link.partial-0badc0de"}, Partial{Path: "libs"}) {
		if err := RemovePartial(project, p); (err == nil) != (p.Job != "") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if got, err := FindPartials(project, repos); len(got) != 0 || err != nil {
		t.Errorf("%v %v", got, err)
	}
	for _, file := range []string{"repositories/acme/mine.partial-0badc0de/notes/file", "libs/file.partial-0badc0de", "libs/link.partial-0badc0de/ABCDEFG2/keep"} {
		if _, err := os.Stat(filepath.Join(project, file)); err != nil {
			t.Error(err)
		}
	}
}
