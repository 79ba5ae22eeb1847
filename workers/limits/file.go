package limits

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// fileName is a hash: see the decisions of this package.
func fileName(host, reference string) string {
	sum := sha256.Sum256([]byte(host + "\x00" + reference))
	return hex.EncodeToString(sum[:16]) + ".json"
}

// lockWait is how long another process may have the file. It needs it for some
// ten microseconds, but may get no processor in the middle of them.
const lockWait = 5 * time.Second

// openLocked opens and locks a file that only this user writes, and makes it
// and its directory if they are missing.
func openLocked(path string) (*platform.Lock, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	} else if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	for _, p := range []string{filepath.Dir(path), path} {
		if owner := platform.Owner(p); owner >= 0 && owner != os.Getuid() {
			return nil, fmt.Errorf("limits: %s belongs to another user", p)
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(lockWait); ; <-tick.C {
		late := time.Now().After(end) // whoever did not run meanwhile looks once more
		l, err := platform.TryLock(path)
		if !errors.Is(err, platform.ErrLocked) || late {
			return l, err
		}
	}
}

// change reads the state of a file, has it changed and writes it back, all
// under the lock. notice hears of what was thrown away.
func change(path, boot string, now int64, notice func(error), f func(*state)) (s *state, err error) {
	l, err := openLocked(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	data, err := l.Read(maxFile)
	if err != nil {
		data = []byte("too long") // whatever it is, it is not ours
	}
	s, err = decode(data, boot, now)
	if errors.Is(err, errNewer) {
		return nil, fmt.Errorf("limits: %s %w", path, err)
	}
	if err != nil {
		notice(fmt.Errorf("limits: %s %w; they begin anew", path, err))
	}
	f(s)
	if data, err = s.encode(now); err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	return s, l.Write(data)
}
