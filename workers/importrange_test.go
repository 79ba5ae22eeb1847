package workers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWithImportRange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text   string
		months int
		want   string
	}{
		{"", 3, "{\n  \"externalImport\": {\n    \"enabled\": true,\n    \"timeRangeMonths\": 3\n  }\n}"},
		{`{"a":  1}`, 6, `{"a":  1,"externalImport":{"enabled":true,"timeRangeMonths":6}}`},
		{`{"a":  1}`, 0, `{"a":  1,"externalImport":{"enabled":false}}`},
		{`{"externalImport":null,"z":[]}`, 999, `{"externalImport":{"enabled":true,"timeRangeMonths":999},"z":[]}`},
		{`{"externalImport":{"pageSize":50,"timeRangeMonths":1,"github":{"labelFilter":["x"]}}, "z" : 0}`, 6, `{"externalImport":{"pageSize":50,"timeRangeMonths":6,"github":{"labelFilter":["x"]},"enabled":true}, "z" : 0}`},
		{`{"externalImport":{"enabled":true,"timeRangeMonths":6}}`, 0, `{"externalImport":{"enabled":false,"timeRangeMonths":6}}`},
		{`{"externalImport":7}`, 6, "!no object"},
		{`[]`, 6, "!no JSON object"},
		{`{"a":`, 6, "!no JSON object"},
	} {
		text := []byte(tt.text)
		if tt.text == "" {
			text = nil
		}
		got, err := withImportRange(text, tt.months)
		if reason, bad := strings.CutPrefix(tt.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s: %v", tt.text, err)
			}
		} else if err != nil || string(got) != tt.want {
			t.Errorf("%s, %d: %s, %v; want %s", tt.text, tt.months, got, err, tt.want)
		}
	}
}

// The file is replaced under the mode that it has, and not at all where nothing
// changes or somebody has locked it away.
func TestSetImportRange(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	file := filepath.Join(project, ".specweave", "config.json")
	write(t, file, `{"externalImport":{"enabled":true,"timeRangeMonths":6}}`)
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := SetImportRange(t.Context(), project, 6); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("replaced, %v", err)
	}
	if err := SetImportRange(t.Context(), project, 3); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(file); err != nil || after.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", after, err)
	}
	if err := os.Chmod(file, 0o440); err != nil {
		t.Fatal(err)
	}
	if err := SetImportRange(t.Context(), project, 1); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Error(err)
	}
}
