package platform

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// maxSecret bounds what ReadSecret takes in.
const maxSecret = 1 << 20

// ReadSecret returns what [Secret] put into f. A terminal or the null device
// holds nothing. A seekable file is read from its start whatever its offset,
// so that a program that is restarted with the same descriptor finds it again.
func ReadSecret(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice != 0 {
		return nil, nil //nolint:nilerr // no such descriptor: nothing was handed over
	}
	data, err := io.ReadAll(io.NewSectionReader(f, 0, maxSecret))
	if errors.Is(err, syscall.ESPIPE) {
		data, err = io.ReadAll(io.LimitReader(f, maxSecret))
	}
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	return data, nil
}
