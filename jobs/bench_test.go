package jobs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// record notes n items as a worker would, a begin and a done for each.
func record(b *testing.B, s *Store, n int) Job {
	b.Helper()
	job := create(b, s)
	c := must[*Claim](b)(s.Claim(job.ID))
	if err := c.Start(""); err != nil {
		b.Fatal(err)
	}
	if err := c.Total(n); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		item := fmt.Sprintf("organisation/repository-%06d", i)
		if err := c.Begin(item); err != nil {
			b.Fatal(err)
		}
		if err := c.Done(item); err != nil {
			b.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	return job
}

// The cost of an item must not grow with their number.
func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var size int64
			for b.Loop() {
				s := Open(b.TempDir())
				job := record(b, s, n)
				info, err := os.Stat(s.path(job.ID, "journal.jsonl"))
				if err != nil {
					b.Fatal(err)
				}
				size = info.Size()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/item")
			b.ReportMetric(float64(size)/float64(n), "B-disk/item")
		})
	}
}

func BenchmarkFold(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := Open(b.TempDir())
			job := record(b, s, n)
			data := read(b, s.path(job.ID, "journal.jsonl"))
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if st, _, err := Fold(data); err != nil || st.Done != n {
					b.Fatal(st.Done, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/item")
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	j, _, err := OpenJournal(filepath.Join(b.TempDir(), "journal.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(Event{Time: t0, Kind: KindDone, Item: "organisation/repository-000001"}); err != nil {
			b.Fatal(err)
		}
	}
}

// twenty jobs, two of them unfinished and half done.
func twenty(b *testing.B) *Store {
	b.Helper()
	s := Open(b.TempDir())
	for range 18 {
		finished(b, s, false)
	}
	for range 2 {
		record(b, s, 250)
	}
	return s
}

func BenchmarkList(b *testing.B) {
	s := twenty(b)
	b.ReportAllocs()
	for b.Loop() {
		if views, err := s.List(); err != nil || len(views) != 20 {
			b.Fatal(len(views), err)
		}
	}
}

// One publication of a job of 10,000 items, as a worker makes once a second.
func BenchmarkPublish(b *testing.B) {
	s := twenty(b)
	job := record(b, s, 10_000)
	c := must[*Claim](b)(s.Claim(job.ID))
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Publish(b.Context(), time.Second); err != nil {
			b.Fatal(err)
		}
	}
}
