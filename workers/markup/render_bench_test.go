package markup

import (
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

func BenchmarkRender(b *testing.B) {
	for _, to := range rendered {
		md := Markdown(workers.Text{Raw: bodies()[workers.Markdown]})
		b.Run(string(to), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Render(md, to)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bodies/s")
		})
	}
}

func BenchmarkRender128K(b *testing.B) {
	body := bodies()[workers.Markdown] + "\n\n"
	md := Markdown(workers.Text{Raw: strings.Repeat(body, maxRender/len(body)-1)})
	for _, to := range rendered {
		b.Run(string(to), func(b *testing.B) {
			b.SetBytes(int64(len(md)))
			for b.Loop() {
				_ = Render(md, to)
			}
		})
	}
}

// As for [TestLarge], what is made to take long takes as long as its size.
func TestRenderLarge(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("renders many megabytes")
	}
	check := func(part string, size int, to workers.Markup) {
		began := time.Now()
		raw := Render(strings.Repeat(part, size/scale()/len(part)), to)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s of %q, %d bytes, took %v", to, part, size, took)
		}
		if len(raw) > maxRaw {
			t.Errorf("%s of %q: %d bytes", to, part, len(raw))
		}
	}
	for _, to := range rendered {
		for _, part := range largeParts {
			check(part, maxRender-64, to)
		}
		check("&", Max, to)
		check("*a _b ", Max, to)
		check("> ", 4*Max, to)
	}
}
