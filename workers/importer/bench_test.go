package importer

import (
	"strings"
	"testing"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// BenchmarkImport converts and writes 10,000 items that cost nothing to fetch,
// and then finds that nothing has changed.
func BenchmarkImport(b *testing.B) {
	const items = 10_000
	text := "## Steps\n\n1. Open `<form>`\n2. Wait for *it*\n\n| a | b |\n|---|---|\n| 1 | {2} |\n\n" +
		strings.Repeat("Some words of a [description](https://example.org/a?b=c) that **goes on**.\n", 10) + "\n- [ ] it works\n"
	a := &tracker{n: items, size: 100, page: func(_ int, p workers.ItemPage) (workers.ItemPage, error) {
		for i := range p.Items {
			p.Items[i].Body.Raw += text
		}
		return p, nil
	}}
	trackers := map[string]*tracker{"acme/a": a}
	rate := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(items*b.N)/b.Elapsed().Seconds(), "stories/s")
	}
	work := func(b *testing.B, r *rig) {
		b.Helper()
		if s := r.attempt(b.Context()); s.Status != jobs.Completed || s.Done != items {
			b.Fatalf("%+v", s)
		}
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			work(b, newRig(b, sources("acme/a"), trackers))
		}
		rate(b)
	})
	b.Run("unchanged", func(b *testing.B) {
		r := newRig(b, sources("acme/a"), trackers)
		work(b, r)
		for b.Loop() {
			r.create(sources("acme/a"))
			work(b, r)
		}
		rate(b)
	})
}
