package markup

import (
	"slices"
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
// no form for is lost only in blocks that md has otherwise. To Markdown whatever a
// person wrote arrives, tags of HTML and comments too.
func Patch(now workers.Text, md string) string {
	raw := Render(md, now.Markup)
	if len(now.Raw) > maxPatch || len(md) > maxRender {
		return raw
	}
	want := Markdown(workers.Text{Raw: raw, Markup: now.Markup})
	blocks := blocksOf(md, want, now.Markup)
	if Markdown(now) == want && !slices.ContainsFunc(blocks, block.isMore) {
		return now.Raw
	}
	pieces, ok := split(now)
	if !ok {
		return raw
	}
	start, end := wrapOf(now)
	for _, a := range []*atoms{findAtoms(pieces, now.Markup), {}} {
		p := &patcher{to: now.Markup, pieces: pieces, atoms: a}
		if patched := start + p.patch(blocks) + end; Markdown(workers.Text{Raw: patched, Markup: now.Markup}) == want && !p.swallows() {
			return patched
		}
		if a.isEmpty() { // the next try would be this one again
			break
		}
	}
	return raw
}

// block is a block that is to be there.
type block struct {
	key string // of what it says, see [keyOf], or of how it is written
	md  string
}

// isMore reports whether there is more to a block than what it says.
func (b block) isMore() bool {
	return strings.HasPrefix(b.key, silent) || strings.HasPrefix(b.key, asWritten)
}

// blocksOf is the blocks of md, which reads as want in a language. In Markdown they
// are as a person wrote them: what has tags of HTML, say, only a piece that has the
// same stands for.
func blocksOf(md, want string, to workers.Markup) []block {
	all := sources(want)
	isMarkdown := to == workers.Markdown || to == ""
	if isMarkdown {
		all = sources(clean(md))
	}
	blocks := make([]block, len(all))
	for i, says := range sayings(all, "") {
		blocks[i] = block{keyOf(all[i], says), all[i]}
		if isMarkdown && len(says) > 0 && blocks[i].key != all[i] {
			blocks[i].key = asWritten + all[i]
		}
	}
	return blocks
}

const (
	silent    = "\x01" // begins the key of a piece that says nothing
	asWritten = "\x02" // begins that of one that is not told by what it says alone
)

// keyOf tells pieces apart by what they say, and those that say nothing by what
// they are.
func keyOf(piece string, says []string) string {
	if len(says) == 0 {
		return silent + piece
	}
	return strings.Join(says, "\x00")
}

// sayings is what pieces of a text say, as blocks of Markdown. It depends on all of
// them, such as on the highest heading.
func sayings(pieces []string, to workers.Markup) [][]string {
	together := sources(Markdown(workers.Text{Raw: whole(to, pieces), Markup: to}))
	says := make([][]string, len(pieces))
	n := 0
	for i, piece := range pieces {
		says[i] = sources(Markdown(workers.Text{Raw: whole(to, []string{piece}), Markup: to}))
		n += len(says[i])
	}
	if n != len(together) {
		return says
	}
	for i := range says {
		says[i], together = together[:len(says[i])], together[len(says[i]):]
	}
	return says
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
	atoms  *atoms            // that are put into what is new
	keys   map[string][]int  // pieces by what they say, and by how they are written
	taken  []bool            // those that stand for a block already
	sizes  [maxSays + 1]bool // how many blocks of Markdown they are
	silent []bool            // those that say nothing, and are not in out
	past   int               // none before is silent
	down   int               // by how many levels headings are lower in Markdown
	out    []string
	run    []string // Markdown that no piece says, to be written next
}

// read finds out what the pieces say.
func (p *patcher) read() {
	p.keys, p.taken, p.silent = make(map[string][]int), make([]bool, len(p.pieces)), make([]bool, len(p.pieces))
	p.down = settled(convert(clean(whole(p.to, p.pieces)), p.to)).down()
	for i, says := range sayings(p.pieces, p.to) {
		p.silent[i] = len(says) == 0
		if len(says) <= maxSays {
			key := keyOf(p.pieces[i], says)
			p.keys[key] = append(p.keys[key], i)
			p.keys[asWritten+p.pieces[i]] = append(p.keys[asWritten+p.pieces[i]], i)
			p.sizes[1] = true
			p.sizes[max(1, len(says))] = true
		}
	}
}

// patch is blocks in the tracker's language.
func (p *patcher) patch(blocks []block) string {
	p.read()
	p.followers(0)
	for len(blocks) > 0 {
		i, n := p.take(blocks)
		switch {
		case n == 0:
			n = 1
			p.run = append(p.run, blocks[0].md)
		case strings.HasPrefix(blocks[0].key, silent) && !p.silent[i]: // it stands there already
		default:
			p.flush(i)
			p.out, p.silent[i] = append(p.out, p.pieces[i]), false
			p.followers(i + 1)
		}
		blocks = blocks[n:]
	}
	p.flush(len(p.pieces))
	return whole(p.to, p.out)
}

// take finds the piece that says the first n blocks, as many as may be. n is 0 if
// there is none.
func (p *patcher) take(blocks []block) (i, n int) {
	for n := min(maxSays, len(blocks)); n > 0; n-- {
		if !p.sizes[n] {
			continue
		}
		key := blocks[0].key
		for _, b := range blocks[1:n] {
			key += "\x00" + b.key
		}
		for at := p.keys[key]; len(at) > 0; at = at[1:] {
			if p.keys[key] = at[1:]; !p.taken[at[0]] {
				p.taken[at[0]] = true
				return at[0], n
			}
		}
	}
	return 0, 0
}

// swallows reports whether what comes after the tracker's last block would be a part
// of that: in Markdown nothing has to end a comment or a <pre>.
func (p *patcher) swallows() bool {
	if p.to != workers.Markdown && p.to != "" {
		return false
	}
	last := p.pieces[len(p.pieces)-1]
	at := slices.Index(p.out, last)
	return at >= 0 && at+1 < len(p.out) && len(sources(last+"\n\na")) == len(sources(last))
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
		p.out = append(p.out, p.atoms.in(raw))
		return
	}
	made, _ := splitADF(raw)
	for _, piece := range made {
		p.out = append(p.out, p.atoms.put(piece))
	}
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
