package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The lists of modules that SPECWEAVE_SBOM names, one a line, are what the schema
// of CycloneDX 1.6 allows: release/inspect.sh runs it.
func TestSBOM(t *testing.T) {
	t.Parallel()
	lists := strings.Fields(os.Getenv("SPECWEAVE_SBOM"))
	if len(lists) == 0 {
		t.Skip("SPECWEAVE_SBOM names no list")
	}
	const at = "http://cyclonedx.org/schema/"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	for name, file := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json",
		"jsf-0.82.schema.json": "jsf-0.82.schemax.json", // as the library calls it
	} {
		check(t, compiler.AddResource(at+name, readJSON(t, filepath.Join(os.Getenv("SBOM_SCHEMA"), file))))
	}
	schema, err := compiler.Compile(at + "bom-1.6.schema.json")
	check(t, err)
	for _, list := range lists {
		check(t, schema.Validate(readJSON(t, list)))
	}
}

func readJSON(t *testing.T, path string) any {
	t.Helper()
	f, err := os.Open(path)
	check(t, err)
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	check(t, err)
	return v
}
