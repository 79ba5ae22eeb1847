package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// A job outlives what may happen to the machine it runs on.
func TestBooted(t *testing.T) {
	m := boot(t, "SPECWEAVE_BOOTED", 40)
	m.installBoot(t)
	// one after the other, and none after a failure: the machine is in no known state then
	_ = t.Run("restart", m.meetRestart) &&
		t.Run("power cuts", m.meetPowerCuts) &&
		t.Run("manager killed", m.meetManagerKilled) &&
		t.Run("logout", m.meetLogout) &&
		t.Run("full disk", m.meetFullDisk) &&
		t.Run("project moved", m.meetMove) &&
		t.Run("project removed", m.meetRemoval) &&
		t.Run("sockets gone", m.meetSocketsGone)
}

// A machine that is restarted properly goes on with its jobs, but not with one
// that a person stopped.
func (m *machine) meetRestart(t *testing.T) {
	o, stopped := m.start(t, "restart"), m.start(t, "stopped")
	o.works(t)
	stopped.works(t)
	m.user(t, "specweave jobs kill @latest -C stopped")
	for range 2 {
		m.reboot(t)
		m.goesOn(t, o)
		o.works(t)
	}
	for _, e := range events(t, o.journal(t)) {
		if e.Kind == jobs.KindLost {
			t.Errorf("the worker did not say that it ends: %+v", e)
		}
	}
	o.completes(t)
	stopped.waits(t)
	m.user(t, "specweave jobs resume @latest -C stopped")
	stopped.completes(t)
}

func (m *machine) meetPowerCuts(t *testing.T) {
	stopped := m.start(t, "still")
	stopped.works(t)
	m.user(t, "specweave jobs kill @latest -C still")
	random, again := chance(t), 0
	o := m.start(t, "power0")
	for cut := 1; cut <= rounds(t); cut++ {
		if o.state(t).Fruitless > 1 { // a third attempt without an item would be the last
			o.works(t)
			<-time.After(2 * time.Second) // by now that is on the disk
		}
		moment(random, 1500*time.Millisecond)
		before, at := o.journal(t), time.Now()
		m.run(t, "", "crash")
		m.up(t)
		again += o.survives(t, before, at)
		m.goesOn(t, o)
		if o.over(t) {
			o.completes(t)
			o = m.start(t, fmt.Sprint("power", cut))
		}
	}
	o.completes(t)
	stopped.waits(t)
	t.Logf("%d power cuts; %d items that were done were done once more", rounds(t), again)
}

func (m *machine) meetManagerKilled(t *testing.T) {
	o := m.start(t, "killed")
	for range 2 {
		o.works(t)
		m.root(t, "pkill -KILL -u tester -x systemd")
		m.unmanaged(t)
		m.user(t, "true") // the next login
		m.goesOn(t, o)
	}
	o.completes(t)
}

// Without linger the last logout ends the manager, and the next login starts
// one.
func (m *machine) meetLogout(t *testing.T) {
	logout := m.login(t)
	o := m.start(t, "logout")
	o.works(t)
	m.root(t, "loginctl disable-linger tester")
	logout()
	m.unmanaged(t)
	if s := o.state(t); s.Status != jobs.Paused || s.ResumeAfter.IsZero() {
		t.Errorf("after the logout the job is %s, to go on at %v", s.Status, s.ResumeAfter)
	}
	o.whole(t)
	defer m.login(t)()
	m.goesOn(t, o)
	o.completes(t)
	m.root(t, "loginctl enable-linger tester")
}

// A full disk pauses a job until a person has made room.
func (m *machine) meetFullDisk(t *testing.T) {
	m.root(t, "cd ~tester && mkdir full && mount -t tmpfs -o size=2m,mode=700,uid=1000 tmpfs full")
	o := m.start(t, "full")
	await(t, "the job pauses", func() bool { return o.state(t).Status == jobs.Paused })
	if s := o.state(t); !strings.HasPrefix(s.Error, "disk full: ") {
		t.Errorf("reason: %s", s.Error)
	}
	m.user(t, "specweave jobs reconcile -C full")
	o.waits(t)
	m.root(t, "mount -o remount,size=200m ~tester/full")
	m.user(t, "specweave jobs resume @latest -C full")
	o.completes(t)
	m.root(t, "umount ~tester/full")
}

// A project that is moved takes its jobs along, and nothing is made in its old
// place.
func (m *machine) meetMove(t *testing.T) {
	random, o := chance(t), m.start(t, "moved")
	for _, to := range []string{"elsewhere", "moved", "home"} {
		o.works(t)
		moment(random, 300*time.Millisecond)
		from := o.dir
		o.dir = m.home + "/" + to
		m.quietly(t, "mv "+from+" "+o.dir)
		await(t, "the worker is gone", func() bool { return m.workers(t) == "" })
		if _, err := os.Lstat(m.top + from); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("made anew: %v: %s", err, m.quietly(t, "find "+from))
		}
		o.waits(t)
		m.user(t, "specweave jobs resume @latest -C "+to)
	}
	o.completes(t)
}

func (m *machine) meetRemoval(t *testing.T) {
	o := m.start(t, "removed")
	o.works(t)
	m.quietly(t, "until rm -rf removed; do :; done 2>/dev/null")
	await(t, "nothing is left running", func() bool { return m.left(t, o) == "" })
	if _, err := os.Lstat(m.top + o.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("made anew: %v: %s", err, m.quietly(t, "find removed"))
	}
}

// Without the sockets of manager and bus a job goes on, can be looked at and
// stopped.
func (m *machine) meetSocketsGone(t *testing.T) {
	o, stopped := m.start(t, "sockets"), m.start(t, "unreachable")
	o.works(t)
	stopped.works(t)
	m.root(t, "cd /run/user/1000 && rm bus systemd/private")
	if out := m.user(t, "specweave jobs -C sockets && specweave jobs reconcile -C sockets"); !strings.Contains(out, "Nothing to do") {
		t.Errorf("jobs: %s", out)
	}
	m.user(t, "specweave jobs kill @latest -C unreachable")
	await(t, "the job is over", func() bool { return o.over(t) })
	m.reboot(t)
	o.completes(t)
	stopped.waits(t)
}
