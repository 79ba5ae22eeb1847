package markup

import (
	"strings"

	"github.com/specweave/specweave/workers"
)

const (
	// maxPatch is how long a text of a tracker is that parts are kept of at most.
	maxPatch = Max

	// maxSays is how many blocks a piece may be in Markdown that is kept.
	maxSays = 64
)

// Patch is md as a tracker keeps it that has now. It reads as what [Render] makes
// of md, but blocks that say what md says stay as the tracker has them, and so
// does what stands between them and says nothing: what Markdown, or a story, has
// no form for is lost only in blocks that md has otherwise.
func Patch(now workers.Text, md string) string {
	raw := Render(md, now.Markup)
	if len(now.Raw) > maxPatch || len(md) > maxRender {
		return raw
	}
	want := Markdown(workers.Text{Raw: raw, Markup: now.Markup})
	if Markdown(now) == want {
		return now.Raw
	}
	pieces, ok := split(now)
	if !ok {
		return raw
	}
	p := &patcher{to: now.Markup, pieces: pieces}
	patched := p.patch(sources(want))
	if patched == "" || Markdown(workers.Text{Raw: patched, Markup: now.Markup}) != want {
		return raw
	}
	return patched
}

// sources is the blocks of Markdown.
func sources(md string) []string {
	var all []string
	for _, b := range tree(md) {
		all = append(all, b.source)
	}
	return all
}

// patcher is Patch half way.
type patcher struct {
	to     workers.Markup
	pieces []string          // of what the tracker has
	says   map[string][]int  // those that are not in out, by their blocks in Markdown
	sizes  [maxSays + 1]bool // how many blocks they are
	silent []bool            // those that say nothing, and are not in out
	past   int               // none before is silent
	down   int               // by how many levels headings are lower in Markdown
	out    []string
	run    []string // blocks that no piece says, to be written next
}

// read finds out what the pieces say. It depends on all of them, such as on the
// highest heading.
func (p *patcher) read() {
	p.says, p.silent = make(map[string][]int), make([]bool, len(p.pieces))
	raw := whole(p.to, p.pieces)
	p.down = settled(convert(clean(raw), p.to)).down()
	together := sources(Markdown(workers.Text{Raw: raw, Markup: p.to}))
	alone := make([][]string, len(p.pieces))
	n := 0
	for i, piece := range p.pieces {
		alone[i] = sources(Markdown(workers.Text{Raw: whole(p.to, []string{piece}), Markup: p.to}))
		n += len(alone[i])
	}
	for i, all := range alone {
		if n == len(together) {
			all, together, n = together[:len(all)], together[len(all):], n-len(all)
		}
		switch {
		case len(all) == 0:
			p.silent[i] = true
		case len(all) <= maxSays:
			p.says[key(all)] = append(p.says[key(all)], i)
			p.sizes[len(all)] = true
		}
	}
}

func key(blocks []string) string { return strings.Join(blocks, "\x00") }

// patch is blocks of Markdown in the tracker's language; "" if no piece can be
// kept.
func (p *patcher) patch(blocks []string) string {
	p.read()
	p.followers(0)
	kept := false
	for len(blocks) > 0 {
		i, n := p.take(blocks)
		if n > 0 {
			kept = true
			p.flush(i)
			p.out = append(p.out, p.pieces[i])
			p.followers(i + 1)
		} else {
			n = 1
			p.run = append(p.run, blocks[0])
		}
		blocks = blocks[n:]
	}
	p.flush(len(p.pieces))
	if !kept {
		return ""
	}
	return whole(p.to, p.out)
}

// take finds the piece that says the first n blocks, as many as may be. n is 0 if
// there is none.
func (p *patcher) take(blocks []string) (i, n int) {
	for n := min(maxSays, len(blocks)); n > 0; n-- {
		if !p.sizes[n] {
			continue
		}
		k := key(blocks[:n])
		if at := p.says[k]; len(at) > 0 {
			p.says[k] = at[1:]
			return at[0], n
		}
	}
	return 0, 0
}

// followers writes the pieces from i on that say nothing.
func (p *patcher) followers(i int) {
	for ; i < len(p.pieces) && p.silent[i]; i++ {
		p.out = append(p.out, p.pieces[i])
		p.silent[i] = false
	}
}

// flush writes the blocks that no piece says, and after them the pieces before i
// that say nothing, whose neighbours are gone.
func (p *patcher) flush(i int) {
	for len(p.run) > 0 {
		n := 0
		for n < len(p.run) && (p.down == 0 || !strings.HasPrefix(p.run[n], "#")) {
			n++
		}
		if n > 0 {
			p.write(Render(strings.Join(p.run[:n], "\n\n"), p.to))
		} else {
			n = 1
			p.write(p.heading(p.run[0]))
		}
		p.run = p.run[n:]
	}
	for ; p.past < i; p.past++ {
		if p.silent[p.past] {
			p.followers(p.past)
		}
	}
}

func (p *patcher) write(raw string) {
	if p.to != workers.ADF {
		p.out = append(p.out, raw)
		return
	}
	made, _ := splitADF(raw)
	p.out = append(p.out, made...)
}

// heading is a heading of Markdown as high as those of the pieces.
func (p *patcher) heading(md string) string {
	l, isOther := languages[p.to]
	if n := tree(md)[0].node; isOther && n.Type == "heading" {
		level, _ := n.Attrs["level"].(float64)
		n.Attrs["level"] = max(1, level-float64(p.down))
		return l.print([]node{n})
	}
	level, _ := cutHeading(md)
	return md[min(max(0, level-1), p.down):]
}
