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

// What is rendered is what Atlassian's schema allows.
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
	check := func(md string) {
		raw := Render(md, workers.ADF)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Fatalf("%q\n%s\n%v", md, raw, err)
		}
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
}
