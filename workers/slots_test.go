package workers

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestCloneBiggestFirst(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	asked := make(chan string, 100)
	url := serve(t, remotes, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			asked <- strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/acme/"), "/info/refs")
		}
		return false
	})
	var urls []string
	for _, name := range []string{"small", "big", "unknown"} {
		bareRepo(t, remotes, "acme/"+name+".git")
		urls = append(urls, url+"/acme/"+name)
	}
	c := of(t, urls...)
	c.Concurrency, c.Repositories[0].Size, c.Repositories[1].Size = 1, 10, 1000
	counts(t, newRun(t, c).must(t), 3, 0, 0)
	close(asked)
	var got []string
	for name := range asked {
		got = append(got, name)
	}
	if strings.Join(got, " ") != "big unknown small" {
		t.Error(got)
	}
}

func TestBiggestFirst(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sizes []int64
		want  string
	}{
		"none is known":                {[]int64{0, -1, 0}, "0 1 2"},
		"all are known":                {[]int64{5, 9, 7}, "1 2 0"},
		"equals keep their order":      {[]int64{5, 9, 5}, "1 0 2"},
		"unknown ones are like a mean": {[]int64{0, 1, 100, -1, 40}, "2 0 3 4 1"},
	} {
		var tasks []task
		for i, size := range tc.sizes {
			tasks = append(tasks, task{Repository{Size: size}, strconv.Itoa(i)})
		}
		biggestFirst(tasks)
		var got []string
		for _, t := range tasks {
			got = append(got, t.item)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %v; want %s", name, got, tc.want)
		}
	}
}
