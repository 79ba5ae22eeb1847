package markup

import (
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/specweave/specweave/workers"
)

// schemaVariable names Atlassian's own schema of documents: json-schema/v1/full.json
// of the npm package @atlaskit/adf-schema.
const schemaVariable = "SPECWEAVE_ADF_SCHEMA"

// What is rendered is what Atlassian's schema allows, and what is put back into it.
func TestSchema(t *testing.T) {
	t.Parallel()
	name := os.Getenv(schemaVariable)
	if name == "" {
		t.Skip(schemaVariable + " names no schema")
	}
	schema, err := jsonschema.NewCompiler().Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	valid := func(md, raw string) {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Fatalf("%q\n%s\n%v", md, raw, err)
		}
	}
	check := func(md string) {
		t.Helper()
		valid(md, Render(md, workers.ADF))
	}
	check("")
	for _, s := range renderSeeds {
		check(s)
	}
	r := rand.New(rand.NewSource(3))
	for range 2_000 {
		check(generate(r))
	}
	d := documents{r}
	for range 300 {
		check(Markdown(workers.Text{Raw: languages[workers.ADF].print(d.blocks(0)), Markup: workers.ADF}))
	}
	for _, c := range []struct{ words, node string }{
		{"@Ann", `{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"712020:a","text":"@Ann","localId":"m"}}]}`},
		{"2023-11-14", `{"type":"paragraph","content":[{"type":"date","attrs":{"timestamp":"1700000000000"}}]}`},
		{"**DONE**", `{"type":"paragraph","content":[{"type":"status","attrs":{"color":"green","localId":"s","text":"DONE"}}]}`},
		{"(attachment: a)", `{"type":"paragraph","content":[{"type":"mediaInline","attrs":{"id":"a","type":"file","collection":"c"}}]}`},
		{"(attachment: a)", `{"type":"mediaSingle","attrs":{"layout":"wide","width":50},"content":[{"type":"media","attrs":{"id":"a","type":"file","collection":"c"}}]}`},
		{"(attachment: a)", `{"type":"mediaGroup","content":[{"type":"media","attrs":{"id":"a","type":"file","collection":"c"}}]}`},
	} {
		now := `{"version":1,"type":"doc","content":[` + c.node + `,{"type":"paragraph","content":[{"type":"text","text":"end"}]}]}`
		for _, md := range []string{
			"W", "a W, b", "### W", "*W* [W](https://example.com) `W`", "W W\\\nW", "- W", "1. a\n\n   W\n   - W", "- [ ] W\n  - [x] W", "- [ ] W\n- a",
			"> W\n>\n> - W", "> **Note**\n>\n> W\n>\n> ### W\n>\n> - W", "| W |\n| --- |\n| W |", "```\nW\n```",
		} {
			md = strings.ReplaceAll(md, "W", c.words)
			valid(md, Patch(workers.Text{Raw: now, Markup: workers.ADF}, md))
		}
	}
}
