package workers

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// readRegular reads at most limit bytes of a regular file, which a symbolic
// link may lead to. To open anything else could take for ever, as a FIFO does
// that nobody writes to (fifo(7)).
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: not a regular file", path, fs.ErrInvalid)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, limit))
}
