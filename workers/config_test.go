package workers

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/jobs"
)

func TestCloneBadConfig(t *testing.T) {
	t.Parallel()
	r := newRun(t, CloneConfig{Repositories: []Repository{{Owner: "a", Name: "b", Path: "../b", CloneURL: "https://h/a/b"}}})
	_, err := r.work(t.Context(), t)
	var bad *InputError
	if !errors.As(err, &bad) {
		t.Fatalf("got %v", err)
	}
	for name, data := range map[string]string{
		"token":        `{"repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"ssh://ghp_s3cret@h/a/b"}]}`,
		"scp token":    `{"repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"glpat-s3cret@h:a/b"}]}`,
		"password":     `{"repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"https://u:s3cret@h/a/b"}]}`,
		"other case":   `{"Repositories":[{"Owner":"a","NAME":"b","path":"b","CLONEURL":"https://u:s3cret@h/a/b"}]}`,
		"long owner":   `{"repositories":[{"owner":"` + strings.Repeat("s3cret/", 200) + `a","name":"b","path":"b","cloneUrl":"https://h/a/b"}]}`,
		"umask":        `{"umask":"0o77","repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"https://h/a/b"}]}`,
		"filter":       `{"filter":"--upload-pack=x","repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"https://h/a/b"}]}`,
		"home":         `{"repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"~/x"}]}`,
		"two of one":   `{"repositories":[{"owner":"a","name":"b","path":"b","cloneUrl":"https://h/a/b"},{"owner":"a","name":"b","path":"B","cloneUrl":"https://h/a/b"}]}`,
		"no list":      `{"repositories":{}}`,
		"half a clone": `{"concurrency":1.5}`,
	} {
		_, err := ParseCloneConfig([]byte(data))
		if err == nil || name != "long owner" && strings.Contains(err.Error(), "s3cret") || len(err.Error()) > 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
	r = newRun(t, of(t, "https://h/a/b"))
	r.opts.Git = filepath.Join(t.TempDir(), "git")
	if _, err := r.work(t.Context(), t); !errors.As(err, &bad) {
		t.Fatalf("got %v", err)
	}
	var _ jobs.Worker = NewClone(CloneOptions{})
}
