package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
)

// handedVar holds the number of the descriptor with the logins that stood in
// the arguments.
const handedVar = "SPECWEAVE_HANDED_FD"

// hide takes credentials out of this process's arguments, which every user of
// the machine can read for as long as it runs: it replaces the process by one
// with clean arguments, and hands the credentials over in memory. In that one
// it returns them. Where processes cannot be replaced it does nothing.
func (e *env) hide(sources []string) (map[string]workers.Login, error) {
	if number := e.getenv(handedVar); number != "" {
		return handed(number)
	}
	if !slices.Equal(e.args, os.Args[1:]) { // not the arguments of a process
		return nil, nil
	}
	args := slices.Clone(os.Args)
	base := workers.Base{Hosts: e.hosts("")} // a relative path holds no credential, so no directory is needed
	var exposed []workers.Source
	for i, arg := range args[1:] {
		if !slices.Contains(sources, arg) {
			continue
		}
		if s, err := workers.ParseSource(arg, base); err == nil && s.Login != (workers.Login{}) {
			exposed, args[i+1] = append(exposed, s), s.CloneURL
		}
	}
	if len(exposed) == 0 {
		return nil, nil
	}
	data, err := json.Marshal(workers.Logins(exposed))
	if err != nil {
		return nil, err
	}
	f, err := platform.Secret(data)
	if err != nil {
		return nil, nil // then the arguments stay as they are
	}
	defer func() { _ = f.Close() }() // only if the next line fails
	_ = platform.Reexec(args, append(os.Environ(), fmt.Sprintf("%s=%d", handedVar, f.Fd())), f)
	return nil, nil
}

// handed reads what hide has handed over.
func handed(number string) (map[string]workers.Login, error) {
	if err := os.Unsetenv(handedVar); err != nil { // no business of git's
		return nil, err
	}
	fd, err := strconv.ParseUint(number, 10, 16)
	if err != nil || fd < 3 {
		return nil, usage("%s: not a descriptor", handedVar)
	}
	f := os.NewFile(uintptr(fd), handedVar)
	if f == nil {
		return nil, usage("%s: not a descriptor", handedVar)
	}
	defer func() { _ = f.Close() }()
	data, err := platform.ReadSecret(f)
	if err != nil {
		return nil, err
	}
	var logins map[string]workers.Login
	if json.Unmarshal(data, &logins) != nil { // the cause may quote a secret
		return nil, usage("%s: what was handed over is not JSON", handedVar)
	}
	return logins, nil
}
