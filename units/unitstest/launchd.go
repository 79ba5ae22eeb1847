package unitstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/platform"
)

// launchd is the stand-in for launchd(8).
type launchd struct {
	Launchd
	uid int

	mu       sync.Mutex
	services map[string]*service // by domain/label
	busy     time.Time           // of the last request
	over     bool                // it answers nobody any more
}

const (
	idle   = 10 * time.Second       // after so long without a service it ends
	glance = 100 * time.Millisecond // how often it looks whether it is wanted
)

// serveLaunchd runs until it is idle, or its directory is gone.
func serveLaunchd(dir string) error {
	lock, err := platform.TryLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil // another one is faster
	}
	defer lock.Close()
	d := &launchd{uid: os.Getuid(), services: make(map[string]*service), busy: time.Now()}
	data, err := os.ReadFile(filepath.Join(dir, "launchd.json"))
	if err == nil {
		err = json.Unmarshal(data, &d.Launchd)
	}
	if err != nil {
		return err
	}
	at := socketIn(dir)
	_ = os.Remove(at.Name) // of one that was killed
	l, err := net.ListenUnix("unix", at)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				return
			}
			go d.serve(c)
		}
	}()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for range tick.C {
		if _, err := os.Lstat(at.Name); err != nil || d.unwanted() {
			break
		}
	}
	_ = l.Close()
	d.shutDown()
	return nil
}

// unwanted decides whether to end. From then on whoever asks gets no answer, and
// asks the next one.
func (d *launchd) unwanted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = len(d.services) == 0 && time.Since(d.busy) > idle
	return d.over
}

// shutDown ends everything at once.
func (d *launchd) shutDown() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.services {
		_ = s.kill() // there may be no process
	}
}

func (d *launchd) serve(c *net.UnixConn) {
	defer c.Close()
	var args []string
	if err := json.NewDecoder(c).Decode(&args); err != nil {
		return
	}
	d.mu.Lock()
	d.busy = time.Now()
	over := d.over
	d.mu.Unlock()
	if over {
		return
	}
	_ = json.NewEncoder(c).Encode(d.do(args))
}

// do carries out a command of launchctl(1).
func (d *launchd) do(args []string) answer {
	usage := answer{Err: "Usage: launchctl <subcommand> ... | help [subcommand]\n", Code: 64}
	if len(args) == 0 {
		return usage
	}
	switch verb, rest := args[0], args[1:]; {
	case verb == "bootstrap" && len(rest) == 2:
		return d.bootstrap(rest[0], rest[1])
	case verb == "bootout" && len(rest) == 1:
		return d.bootOut(rest[0])
	case verb == "print" && len(rest) == 1:
		return d.print(rest[0])
	case verb == "kickstart" && len(rest) > 0 && len(rest) <= 2:
		return d.kickstart(rest[len(rest)-1], rest[0] == "-k")
	case verb == "kill" && len(rest) == 2:
		return d.signal(rest[0], rest[1])
	}
	return usage
}

// failed is an answer in launchctl's form.
func failed(what string, code int) answer {
	text := map[int]string{
		3: "No such process", 5: "Input/output error", 36: "Operation now in progress", 37: "Operation already in progress",
		112: "Could not find specified domain", 113: "Could not find specified service", 125: "Domain does not support specified action",
		134: "Service cannot load in requested session",
	}[code]
	return answer{Err: fmt.Sprintf("%s failed: %d: %s\n", what, code, text), Code: code}
}

// domain reports 0, or the code of a domain that is not there.
func (d *launchd) domain(name string) int {
	switch name {
	case fmt.Sprintf("gui/%d", d.uid):
		if d.Screen {
			return 0
		}
		return 125
	case fmt.Sprintf("user/%d", d.uid):
		return 0
	}
	return 112
}

// bootstrap loads a service. launchd refuses a file that others may write to,
// and a label that is there, in whatever state (exit code 5).
func (d *launchd) bootstrap(domain, path string) answer {
	if code := d.domain(domain); code != 0 {
		return failed("Bootstrap", code)
	}
	info, err := os.Stat(path)
	if err != nil || !strings.HasSuffix(path, ".plist") || info.Mode().Perm()&0o022 != 0 || platform.Owner(path) != d.uid {
		return failed("Bootstrap", 5)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return failed("Bootstrap", 5)
	}
	keys, err := readAgent(data)
	if err != nil {
		return failed("Bootstrap", 5)
	}
	session := map[bool]string{true: "Aqua", false: "Background"}[strings.HasPrefix(domain, "gui/")]
	if !keys.allows(session) {
		return failed("Bootstrap", 134)
	}
	target := domain + "/" + keys.Label
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.services[target]; old != nil {
		if old.leaving() && old.running() {
			return failed("Bootstrap", 37)
		}
		return failed("Bootstrap", 5)
	}
	s := newService(target, domain, path, keys, d.Throttle)
	d.services[target] = s
	go s.live()
	return answer{}
}

func (d *launchd) find(target string) (*service, int) {
	i := strings.LastIndexByte(target, '/')
	if i < 0 {
		return nil, 64
	}
	if code := d.domain(target[:i]); code != 0 {
		return nil, code
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.services[target]; s != nil {
		return s, 0
	}
	return nil, 113
}

// bootOut returns before the label is free.
func (d *launchd) bootOut(target string) answer {
	s, code := d.find(target)
	switch {
	case code == 113:
		return failed("Boot-out", 3)
	case code != 0:
		return failed("Boot-out", code)
	case !s.leave():
		return failed("Boot-out", 36)
	}
	running := s.running()
	go func() {
		s.end()
		<-time.After(d.Linger)
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.services, target)
	}()
	if running {
		return failed("Boot-out", 36)
	}
	return answer{}
}

func (d *launchd) print(target string) answer {
	if code := d.domain(target); code == 0 {
		return answer{Out: target + " = {\n\ttype = user\n\tstate = active\n}\n"}
	}
	s, code := d.find(target)
	switch code {
	case 0:
		return answer{Out: s.print()}
	case 113:
		i := strings.LastIndexByte(target, '/')
		return answer{Err: fmt.Sprintf("Bad request.\nCould not find service %q in domain for %s\n", target[i+1:], target[:i]), Code: code}
	}
	return answer{Err: "Bad request.\nCould not find domain for " + target + "\n", Code: code}
}

func (d *launchd) kickstart(target string, again bool) answer {
	s, code := d.find(target)
	switch {
	case code != 0:
		return failed("Kickstart", code)
	case s.running() && !again:
		return failed("Kickstart", 37)
	}
	_ = s.kill() // there may be no process
	select {
	case s.kick <- struct{}{}:
	default: // it is about to start
	}
	return answer{}
}

func (d *launchd) signal(name, target string) answer {
	s, code := d.find(target)
	if code != 0 {
		return failed("Kill", code)
	}
	err := errors.New("unknown signal")
	switch strings.TrimPrefix(name, "SIG") {
	case "TERM", "15":
		err = s.terminate()
	case "KILL", "9":
		err = s.kill()
	}
	if err != nil {
		return failed("Kill", 3)
	}
	return answer{}
}
