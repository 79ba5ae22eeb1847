//go:build !linux

package platform

import (
	"errors"
	"fmt"
	"os"
)

// Secret returns a file that holds data, has no name, and lives in memory
// only: it is handed to another process as a descriptor. It is a pipe, which
// can be read once.
func Secret(data []byte) (*os.File, error) {
	if len(data) > 4096 { // the least that a pipe takes without a reader
		return nil, errors.New("secret is larger than 4096 bytes")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, errors.Join(fmt.Errorf("write secret: %w", err), r.Close(), w.Close())
	}
	return r, w.Close()
}
