package workers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// importRange is what SpecWeave's import-config.js reads of externalImport.
type importRange struct {
	Enabled bool `json:"enabled"`
	Months  int  `json:"timeRangeMonths,omitempty"`
}

// SetImportRange says in the .specweave/config.json of a project how many months
// back its work items are to be imported; 0: they are not. All else in the file
// keeps its bytes, and it is replaced as a whole.
func SetImportRange(ctx context.Context, project string, months int) error {
	ctx, cancel := context.WithTimeout(ctx, registerWait)
	defer cancel()
	err := os.MkdirAll(filepath.Join(project, filepath.Dir(filepath.FromSlash(configLock))), 0o700)
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	_, err = workspace{dir: project, home: os.Getenv("HOME")}.change(ctx, func(text []byte) ([]byte, int, error) {
		text, err := withImportRange(text, months)
		return text, 1, err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.FromSlash(configName), err)
	}
	return nil
}

func withImportRange(text []byte, months int) ([]byte, error) {
	const section = "externalImport"
	if text == nil {
		text = []byte("{}")
	}
	d, bad := readDocument(text)
	if bad != nil {
		return nil, fmt.Errorf("it is no JSON object: %s at offset %d", bad.reason, bad.offset)
	}
	at, ok := d.find(d.root(), section)
	switch {
	case !ok || d.kind(at) == 'n': // null
		err := d.set(d.root(), section, importRange{months > 0, months})
		return d.text, err
	case d.kind(at) != '{':
		return nil, fmt.Errorf("%s in it is no object", section)
	}
	err := d.set(at, "enabled", months > 0)
	if at, _ = d.find(d.root(), section); err == nil && months > 0 {
		err = d.set(at, "timeRangeMonths", months)
	}
	return d.text, err
}
