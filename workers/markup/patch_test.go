package markup

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
)

// What a person has not touched stays as the tracker has it.
func TestPatch(t *testing.T) {
	t.Parallel()
	const (
		mention    = `{"type":"paragraph","content":[{"type":"text","text":"Ask "},{"type":"mention","attrs":{"id":"712020:ab","text":"@Jane"}}]}`
		picture    = `{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"id":"6e7c7f2c","type":"file","collection":"c"}}]}`
		group      = `{"type":"mediaGroup","content":[{"type":"media","attrs":{"id":"6e7c7f2c","type":"file","collection":"c"}}]}`
		dated      = `{"type":"paragraph","content":[{"type":"date","attrs":{"timestamp":"1700000000000"}}]}`
		expand     = `{"type":"expand","attrs":{"title":"More"},"content":[{"type":"paragraph","content":[{"type":"text","text":"Hidden."}]}]}`
		tasks      = `{"type":"taskList","attrs":{"localId":"1"},"content":[{"type":"taskItem","attrs":{"localId":"2","state":"TODO"},"content":[{"type":"text","text":"it"}]}]}`
		space      = `{"type":"paragraph","content":[]}`
		plain      = `{"type":"paragraph","content":[{"type":"text","text":"Plain."}]}`
		other      = `{"type":"paragraph","content":[{"type":"text","text":"Other."}]}`
		stated     = `{"type":"paragraph","content":[{"type":"text","text":"It is "},{"type":"status","attrs":{"color":"green","localId":"x","text":"DONE"}}]}`
		statedOnce = `{"content":[{"text":"It was ","type":"text"},{"attrs":{"color":"green","localId":"x","text":"DONE"},"type":"status"}],"type":"paragraph"}`
	)
	doc := func(nodes ...string) string {
		return `{"version":1,"type":"doc","content":[` + strings.Join(nodes, ",") + `]}`
	}
	list := func(nodes ...string) string {
		return `{"content":[{"content":[` + other + `,` + strings.Join(nodes, ",") + `],"type":"listItem"}],"type":"bulletList"}`
	}
	swap := func(from, to string) func(string) string {
		return func(md string) string { return strings.Replace(md, from, to, 1) }
	}
	for _, c := range []struct {
		name      string
		to        workers.Markup
		now, want string
		edit      func(md string) string
	}{
		{"nothing", workers.ADF, doc(plain, mention), doc(plain, mention), swap("", "")},
		{"nothing of html", workers.HTML, "<p class=x>a<p>b<table><tr><td>c", "<p class=x>a<p>b<table><tr><td>c", swap("", "")},
		{"heading of html", workers.HTML, "<h1 id=\"x\">A</h1><p>b</p>", "<h1 id=\"x\">A</h1><p>b</p><h2>C</h2>", swap("b", "b\n\n#### C")},
		{"changed", workers.ADF, doc(plain, mention, picture, dated, expand), doc(other, mention, picture, dated, expand), swap("Plain", "Other")},
		{"in the middle", workers.ADF, doc(mention, plain, picture), doc(mention, other, picture), swap("Plain", "Other")},
		{"added", workers.ADF, doc(mention, picture), doc(mention, plain, picture), swap("\n\n", "\n\nPlain.\n\n")},
		{"taken out", workers.ADF, doc(mention, plain, space, picture), doc(mention, space, picture), swap("Plain.\n\n", "")},
		{"moved", workers.ADF, doc(mention, picture), doc(picture, mention), func(md string) string {
			a, b, _ := strings.Cut(md, "\n\n")
			return b + "\n\n" + a
		}},
		{"twice", workers.ADF, doc(mention, mention, plain), doc(mention, mention, other), swap("Plain", "Other")},
		{"silent", workers.ADF, doc(space, mention, space, plain, space, space, dated, space), doc(space, mention, space, other, space, space, dated, space), swap("Plain", "Other")},
		{"words", workers.ADF, doc(mention, dated), doc(`{"content":[{"text":"Tell ","type":"text"},{"attrs":{"id":"712020:ab","text":"@Jane"},"type":"mention"},{"text":", not @Janet","type":"text"}],"type":"paragraph"}`, dated), swap("Ask @Jane", "Tell @Jane, not @Janet")},
		{"words of others", workers.ADF, doc(mention, plain), doc(mention, `{"content":[{"text":"Or ","type":"text"},{"attrs":{"id":"712020:ab","text":"@Jane"},"type":"mention"},{"text":".","type":"text"}],"type":"paragraph"}`), swap("Plain", "Or @Jane")},
		{"words in code", workers.ADF, doc(mention, plain), doc(mention, `{"content":[{"marks":[{"type":"code"}],"text":"@Jane","type":"text"}],"type":"paragraph"}`), swap("Plain.", "`@Jane`")},
		{"list", workers.ADF, doc(list(picture, plain), stated), doc(list(picture, other), statedOnce), func(md string) string {
			return strings.NewReplacer("Plain", "Other", "is ", "was ").Replace(md)
		}},
		{"ids", workers.ADF, doc(tasks, plain), doc(tasks, other, `{"attrs":{"localId":"3"},"content":[{"attrs":{"localId":"4","state":"DONE"},"content":[{"text":"that","type":"text"}],"type":"taskItem"}],"type":"taskList"}`), swap("Plain.", "Other.\n\n- [x] that")},
		{"words of two", workers.ADF, doc(mention, strings.Replace(mention, ":ab", ":cd", 1), plain), doc(mention, strings.Replace(mention, ":ab", ":cd", 1), `{"type":"paragraph","content":[{"type":"text","text":"Or @Jane."}]}`), swap("Plain", "Or @Jane")},
		{"words of a longer name", workers.ADF, doc(mention, plain), doc(mention, `{"type":"paragraph","content":[{"type":"text","text":"Or @Jane.Doe or @Jane-Ann."}]}`), swap("Plain", "Or @Jane.Doe or @Jane-Ann")},
		{"files in a list", workers.ADF, doc(strings.Replace(group, "6e7c7f2c", "x", 1), plain), doc(strings.Replace(group, "6e7c7f2c", "x", 1), `{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"(attachment: x)"}]}]}]}`), swap("Plain.", "- (attachment: x)")},
		{
			"html", workers.HTML, `<div>a <a data-vss-mention="version:2.0,x" href="#">@Jane</a></div><div><br></div><div style="color:red">b</div>`,
			`<div>a <a data-vss-mention="version:2.0,x" href="#">@Jane</a></div><div><br/></div><p>c</p>`, swap("b", "c"),
		},
		{"in a div", workers.HTML, `<div><p class="x">a</p><!-- c -->b<br/>d</div>`, `<p class="x">a</p><!-- c --><p>e<br>d</p>`, swap("b", "e")},
		{"in divs with a direction", workers.HTML, `<div dir="rtl"><div><div style="x"><p>a</p><p class="x">b</p></div></div></div>`, `<div dir="rtl"><div style="x"><p>c</p><p class="x">b</p></div></div>`, swap("a", "c")},
		{"words of html", workers.HTML, `<p>Ask <a data-vss-mention="version:2.0,x" href="#">@Jane Doe</a></p><p>b</p>`, `<p>Tell <a data-vss-mention="version:2.0,x" href="#">@Jane Doe</a>.</p><p>b</p>`, swap("Ask @Jane Doe", "Tell @Jane Doe.")},
		{"words of wiki", workers.Wiki, "* Ask [~jane]\n* !a.png|thumbnail!\n* see [APP-1] and [^b c.txt]", "* Tell [~jane]\n* !a.png|thumbnail!\n* see [APP-1] and [^b c.txt]", swap("Ask", "Tell")},
		{"wiki", workers.Wiki, "Ask [~jane].\n\n{color:red}a\n\nb{color}\n\n!a.png|thumbnail!\n\nend", "Ask [~jane].\n\n{color:red}a\n\nb{color}\n\n!a.png|thumbnail!\n\nEnd", swap("end", "End")},
		{"macro of the wiki", workers.Wiki, "{info}\nAsk\n\n[~jane]\n{info}\n\n{code}\n{quote}\n{code}\n\nend\n\n[~jane]", "{info}\nAsk\n\n[~jane]\n{info}\n\n{code}\n{quote}\n{code}\n\nEnd\n\n[~jane]", swap("end", "End")},
		{"unseen", workers.Markdown, "Thanks, @\u200bann\r\n\r\nend", "Thanks, @\u200bann\n\nEnd", swap("end", "End")},
		{"tags added", workers.Markdown, "<b>a</b>\n\nH2O\n\n<i>b</i>", "<b>a</b>\n\nH<sub>2</sub>O\n\n<details>\n\n<i>b</i>\n\n</details>", func(string) string {
			return "a\n\nH<sub>2</sub>O\n\n<details>\n\nb\n\n</details>"
		}},
		{"tags that are there", workers.Markdown, "x\n\n<b>x</b>\n\ny", "x\n\n<b>x</b>\n\nz", func(string) string { return "x\n\n<b>x</b>\n\nz" }},
		{"nothing ends it", workers.Markdown, "# a\n\n<!-- b", "### a\n\n\\<!-- b\n\nc", func(md string) string { return md + "\n\nc" }},
		{"nothing has to", workers.Markdown, "# a\n\nb\n\n<!-- c", "# a\n\nB\n\n<!-- c", swap("b", "B")},
		{"heading", workers.Markdown, "# Title\n\n<!-- fill this in -->\n\n<details>\n\na\n\n</details>\n\nText\r\nwith lines", "# Title\n\n<!-- fill this in -->\n\n<details>\n\nb\n\n</details>\n\nText\nwith lines", swap("\na\n", "\nb\n")},
		{"as it was written", workers.Markdown, "a\n\nb", "a\n\n<!-- c -->\n\n<b>d</b>", swap("b", "<!-- c -->\n\n<b>d</b>")},
		{"silent added", workers.Markdown, "a\n\nb", "a\n\n<!-- c -->\n\nb", swap("b", "<!-- c -->\n\nb")},
		{"silent on both sides", workers.Markdown, "<!-- c -->\n\na\n\n<!-- d -->\n\nb\n\n<!-- e -->", "<!-- c -->\n\na\n\n<!-- d -->\n\nf\n\n<!-- e -->", func(string) string {
			return "<!-- c -->\n\na\n\n<!-- d -->\n\nf\n\n<!-- e -->"
		}},
		{"heading added", workers.Markdown, "Top\n===\n\n<b>bold</b> text", "Top\n===\n\n<b>bold</b> text\n\n# Next\n\n## Below", swap("text", "text\n\n### Next\n\n#### Below")},
		{"comment whose neighbours go", "", "a\n\n<!-- c -->\n\nb\n\nd", "e\n\n<!-- c -->\n\nd", swap("a\n\nb", "e")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := workers.Text{Raw: c.now, Markup: c.to}
			md := c.edit(Markdown(now))
			got := Patch(now, md)
			isSame := got == c.want
			if c.to == workers.ADF { // the order of keys means nothing
				isSame = cmp.Equal(value(t, got), value(t, c.want))
			}
			if !isSame {
				t.Errorf("%q\n got %s\nwant %s", md, got, c.want)
			}
		})
	}
}

func value(t *testing.T, raw string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever a tracker has, what is written to it reads as if nothing had been
// there.
func TestPatchGenerated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(13))
	for range 1_000 {
		to := append(rendered, workers.Markdown)[r.Intn(len(rendered)+1)]
		var blocks, edited []string
		for range 1 + r.Intn(4) {
			blocks = append(blocks, generate(r))
		}
		now := workers.Text{Raw: strings.Join(blocks, "\n\n"), Markup: to}
		if to == workers.ADF {
			now.Raw = Render(now.Raw, to)
		}
		for _, b := range sources(Markdown(now)) {
			switch r.Intn(4) {
			case 0:
				b = generate(r)
			case 1:
				continue
			}
			edited = append(edited, b)
		}
		md := strings.Join(edited, "\n\n")
		got, want := Markdown(workers.Text{Raw: Patch(now, md), Markup: to}), Markdown(workers.Text{Raw: Render(md, to), Markup: to})
		if got != want {
			t.Fatalf("%s %q to %q\n got %q\nwant %q", to, now.Raw, md, got, want)
		}
	}
}

// As for [TestLarge].
func TestPatchLarge(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("converts many megabytes")
	}
	md := strings.Repeat("a\n\n", maxRender/12/scale())
	check := func(to workers.Markup, part, raw string) {
		began := time.Now()
		_ = Patch(workers.Text{Raw: raw, Markup: to}, md)
		if took := time.Since(began); took > time.Minute { // what is not linear takes minutes
			t.Errorf("%s of %q took %v", to, part, took)
		}
	}
	for _, c := range []struct {
		to   workers.Markup
		part string
	}{
		{workers.HTML, "<div>a</div>"},
		{workers.HTML, "<p>"},
		{workers.HTML, "<div><b>a"},
		{workers.HTML, "<div><p>a</p><p>b</p></div>"},
		{workers.Wiki, "a\n\n"},
		{workers.Wiki, "{quote}\n"},
		{workers.Markdown, "a\n\n"},
		{workers.Markdown, "<!-- a -->\n\n"},
		{workers.Markdown, "> a\n\n"},
	} {
		check(c.to, c.part, strings.Repeat(c.part, maxPatch/4/scale()/len(c.part)))
	}
	var expands []string
	const a = `{"type":"paragraph","content":[{"type":"text","text":"a"}]}`
	for n := range 100 / scale() {
		expands = append(expands, `{"type":"expand","content":[`+strings.Repeat(a+",", n)+a+`]}`)
	}
	check(workers.ADF, "expand", `{"type":"doc","content":[`+strings.Join(expands, ",")+`]}`)
}

// FuzzPatch takes whatever a tracker may have.
func FuzzPatch(f *testing.F) {
	for _, s := range renderSeeds {
		f.Add(s, "a\n\n"+s)
	}
	f.Add(`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"mention","attrs":{"text":"@a","localId":"1"}}]},{"type":"text"},{"content":7}]}`, "b @a\n\n- [ ] c")
	f.Add("<div><p>a<div>b", "## a")
	f.Add("h1. a\n\n{quote}\n\nb", "#### a")
	f.Fuzz(func(t *testing.T, now, md string) {
		for _, to := range rendered {
			got := Markdown(workers.Text{Raw: Patch(workers.Text{Raw: now, Markup: to}, md), Markup: to})
			if want := Markdown(workers.Text{Raw: Render(md, to), Markup: to}); got != want {
				t.Fatalf("%s\n got %q\nwant %q", to, got, want)
			}
		}
	})
}
