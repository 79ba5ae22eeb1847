package main

import "github.com/specweave/specweave/units"

// promise says whether a job goes on by itself when something happens.
type promise struct {
	Name   string `json:"promise"`
	Kept   bool   `json:"kept"`
	Why    string `json:"why"`
	Remedy string `json:"remedy,omitempty"` // of one that is not kept
}

// facts are all that promises rest on.
type facts struct {
	env   units.Env
	kind  units.Kind // of the scheduler
	rules units.Rules
	boot  bool // the boot entry is installed
}

// promises derives what a job that is started here survives. It does no I/O.
func promises(f facts) []promise {
	return []promise{f.terminal(), f.logout(), f.reboot(), f.suspend(), f.crash(), f.memory()}
}

const (
	linger = `"loginctl enable-linger"`
	goOn   = `"specweave jobs reconcile" goes on with it`
)

func (f facts) systemd() bool { return f.kind == units.KindSystemd }
func (f facts) launchd() bool { return f.kind == units.KindLaunchd }

func (f facts) terminal() promise {
	yes := func(why string) promise { return promise{Name: "terminal close", Kept: true, Why: why} }
	switch {
	case f.env.WSL: // learn.microsoft.com/windows/wsl/systemd: services do not keep an instance alive
		return promise{"terminal close", false, "Windows ends a WSL distribution after its last terminal, whatever runs in it", "leave a terminal open"}
	case f.systemd():
		return yes("it is a unit of the user manager, not a child of the terminal")
	case f.launchd():
		return yes("it is an agent of launchd, not a child of the terminal")
	case f.env.Bound:
		return promise{"terminal close", false, "this terminal ends what was started in it, as a job object that lets nothing leave", "start jobs from another terminal"}
	case f.env.Container != "":
		return yes("its process has no terminal, and it lasts as long as the container")
	}
	return yes("its process has no terminal")
}

func (f facts) logout() promise {
	yes := func(why string) promise { return promise{Name: "logout", Kept: true, Why: why} }
	no := func(why, remedy string) promise { return promise{"logout", false, why, remedy} }
	next := ""
	if f.boot {
		next = "; the boot entry goes on with it at the next login"
	}
	switch {
	case f.env.WSL:
		return no("Windows ends a WSL distribution after its last terminal, whatever runs in it", "leave a terminal open")
	case f.systemd() && f.env.Linger:
		return yes("this user lingers, so the user manager outlives the login")
	case f.systemd():
		return no("systemd ends the user manager with all its units at the last logout"+next, linger)
	case f.launchd():
		return no("launchd ends the agents of a login with it"+next, or(f.boot, "stay logged in, or lock the screen", bootRemedy))
	case f.env.GOOS == "windows":
		return no("Windows ends the processes of a login with it"+next, or(f.boot, "stay logged on", bootRemedy))
	case f.env.GOOS != "linux":
		return no("nothing keeps the system from ending what a login has left behind", goOn)
	case f.env.PID1 != "systemd":
		return yes("nothing here ends what a login has left behind")
	case f.rules.LogoutKills:
		return no("logind ends what a login has left behind (KillUserProcesses in logind.conf)"+next, linger+", and start it under the user manager")
	case f.rules.UnderManager && !f.env.Linger:
		return no("processes of this terminal are the user manager's, which ends at the last logout"+next, linger)
	}
	return yes("logind does not end what a login has left behind")
}

// reboot is about going on: no process survives one.
func (f facts) reboot() promise {
	no := func(why, remedy string) promise { return promise{"reboot", false, why, remedy} }
	switch {
	case f.env.WSL:
		return no("Windows does not start a WSL distribution by itself", goOn)
	case f.env.Container != "" && !f.systemd():
		return no("whether a container starts again is for its host to say", goOn)
	case f.env.GOOS == "linux" && f.env.PID1 != "systemd":
		return no("nothing here goes on with jobs when the machine starts", goOn+`, from "@reboot" in a crontab for one`)
	case !f.boot && (f.env.Linger || f.env.GOOS != "linux"):
		return no("there is no boot entry", bootRemedy)
	case !f.boot:
		return no("there is no boot entry, and nothing of this user starts before a login", bootRemedy+", and "+linger)
	case !f.env.Linger:
		return no("the boot entry goes on with it at the next login, not before", or(f.env.GOOS == "linux", linger, "log in"))
	}
	return promise{Name: "reboot", Kept: true, Why: "the boot entry goes on with it, without a login"}
}

func (f facts) suspend() promise {
	return promise{Name: "suspend", Kept: true, Why: "its processes go on at the wake-up; a clone whose connection broke is tried again"}
}

func (f facts) crash() promise {
	if f.systemd() {
		return promise{Name: "crash", Kept: true, Why: "systemd starts the worker again, up to three times an hour, where it stopped"}
	}
	if f.launchd() {
		return promise{Name: "crash", Kept: true, Why: "launchd starts the worker again after ten seconds, where it stopped; without a token of the launching shell"}
	}
	if f.env.GOOS == "windows" && f.boot {
		return promise{"crash", false, "nobody watches a detached process but the boot entry's task, every ten minutes, where there is one", goOn}
	}
	return promise{"crash", false, "nobody watches a detached process", goOn + ", as does the next job that is started"}
}

// memory is the other way about: whether a job is kept from taking it all.
func (f facts) memory() promise {
	const fewer = "clone fewer at once (-j 1)"
	switch {
	case f.systemd() && f.rules.MemoryLimits:
		return promise{Name: "memory limit", Kept: true, Why: "systemd lets it have three quarters of the memory, and no more"}
	case f.systemd():
		return promise{"memory limit", false, "this user manager has no memory controller, see systemd.resource-control(5)", fewer}
	}
	if f.launchd() {
		return promise{"memory limit", false, "launchd limits the memory of no agent", fewer}
	}
	return promise{"memory limit", false, "nothing limits a detached process", fewer}
}

func or(is bool, then, otherwise string) string {
	if is {
		return then
	}
	return otherwise
}
