// Package units runs commands under the operating system's own job manager:
// systemd user units, agents of launchd, or detached processes where there is no
// manager. It does not know what a job is.
//
// [New] picks the manager and returns a [Scheduler]. A command that wants to be
// seen and watched while it runs uses a [Notifier]. [NewBoot] is for the one
// command that the system runs by itself after a reboot, [NewTimers] for those
// that it runs again and again. Package unitstest holds the suite that every
// scheduler passes, and one for the tests of others.
//
// A systemd unit NAME appears as NAME.service in specweave.slice, and while it
// waits for a time as NAME.timer too:
//
//	systemctl --user status 'specweave-*'
//
// and a drop-in in ~/.config/systemd/user/specweave-.service.d changes what its
// owner wants otherwise (systemd.unit(5)).
//
// Under launchd the same unit is a service of that label, from a property list
// beside the state of its project (launchctl(1), launchd.plist(5)):
//
//	launchctl print gui/$UID/NAME
//
// # Never run on a Mac
//
// What is here about launchd rests on its manual pages and on reports, and was
// run against the stand-in of package unitstest, never against the real one.
// On macOS the same suite runs against /bin/launchctl. What it may show first:
// the exit codes of launchctl in a domain without a login at the screen; what
// print says while a label lingers; whether an agent of type Background is
// started at once; how much of the user domain outlives the last ssh session.
//
// # Decisions
//
// The name is the handle. A unit's name is computed from project, job and
// attempt, because then nothing has to be stored between asking the manager and
// knowing the answer; instead of a pid file or an id that the manager returns.
// A name with the attempt in it lets a running attempt start its successor.
//
// The manager restarts crashes. Restart=on-failure with three starts an hour
// and a watchdog, because systemd sees every death and survives ours; instead
// of a daemon of our own, which would need a supervisor itself.
//
// The manager waits. A unit that is to start later is a calendar timer with the
// service beside it, which costs no process for hours, fires late when the
// machine slept and follows the clock when it is set; instead of a process that
// sleeps. That is for the detached scheduler, where [Wait] does it. A timer that
// is past when it is armed never fires and none outlives a reboot, so again
// whoever keeps account of the work looks.
//
// Who waits makes room. Start replaces a unit that waits, because going on early
// and waiting longer are the same wish; instead of a Stop first, between which
// and Start others come. It disarms only the timer: whether a service of that
// name exists is the manager's to say, to one caller at a time.
//
// After is ExecStopPost. It runs where nothing of ours is left that could, after
// SIGKILL and the watchdog too; instead of a second unit with OnFailure=, which
// does not see each crash and has to be found and stopped as well. It cannot
// speak to the manager, and its failure is not the work's.
//
// One connection, kept. A launch makes several calls, and each connection
// costs it a millisecond or two; one that broke is replaced. It ends with the
// process, instead of a Close that every caller of a Scheduler would owe.
//
// The manager's own socket before the bus. $XDG_RUNTIME_DIR/systemd/private is
// there exactly as long as the manager, passes descriptors and reports jobs to
// whoever is connected; the session bus may be missing or, with the usual
// libraries, be started by asking for it. It is the second choice only.
//
// A missing unit says nothing about the work. On "systemctl --user
// daemon-reload" systemd 252 forgets how often it has restarted a unit, and was
// seen to lose one that it was just restarting; so whoever keeps account of the
// work has to look and start it again, instead of trusting the manager alone.
//
// Secrets go in by descriptor. Properties, arguments, variables and unit files
// can be read by others or stay on disk, so Input is an anonymous file in
// memory that becomes standard input. systemd 252 drops it when the process
// ends, so a [Notifier] hands it back for restarts; instead of SetCredential,
// which anyone can read, LoadCredential, which needs a file, or a file. It takes
// it for a service that waits too, and closes it before that runs; so a unit
// that waits loses its Input, as it would in a reboot, instead of having it
// where it could be read.
//
// launchd has no memory and no end. It keeps a service that has ended until it
// is booted out, starts a failed one again for ever, runs nothing at an end and
// says READY to nobody. So the next Start sweeps what ended well; a unit counts
// as failed after as many starts as systemd grants, and a worker that finds its
// attempts dead one after the other ends with 0, which launchd takes for the
// end; that a worker died is noted by the next attempt, or by whoever keeps
// account of the work; instead of a shell around each command that counts, waits
// and runs After, whose pid and name would be all that launchd and its owner see.
//
// A label is free when print says so. bootout returns before, and bootstrap
// answers with 5 until then; so both are asked again, instead of a sleep.
//
// launchd waits by the minute. StartCalendarInterval is in local time, has no
// seconds and no year, so that a time is rounded up to a minute and the process
// itself waits with [Wait] if it is woken early. A unit that waits has no
// KeepAlive: SuccessfulExit would start it at once. If it crashes, whoever keeps
// account of the work looks, as after a logout, which ends the timer too.
//
// Under launchd Input goes through a socket, once. launchd passes no descriptor,
// and StandardInPath would be a file, or a pipe that hangs a restart. Start keeps
// the socket open, in a directory of this user's, until [NewNotifier] has taken
// what is in it. After a crash it is gone, as after a reboot: what a worker can
// look up by reference it looks up again, and for the rest it waits for a person.
//
// The boot entry is a unit file of our own on Linux and kardianos/service's
// LaunchAgent on macOS. The library would make a user's systemd unit start with
// multi-user.target, which user managers lack, restart it every two minutes,
// write variables unquoted, call systemctl without knowing the runtime
// directory, and leave its file behind if that fails; what is left of it there
// is one call to the manager. For launchd it knows the place and takes our
// property list as it is; unloading is done by launchctl's newer words first. Its Windows services need an
// administrator.
//
// Installing the entry does not reload the manager. It reads units at its next
// start anyway, and a unit that it does not know yet when asked for; reloading
// disturbs units that are being restarted, see above.
//
// A timer is a calendar. Only OnCalendar= is persistent and only a
// StartCalendarInterval is made up for after sleep, so an interval has to come
// out even in a day; instead of one that begins anew with each login. Where in
// the interval, its name says, so that a team does not ask at once. What a
// schedule may say is what all three systems know, and one parser reads it;
// instead of whatever the manager of one takes.
//
// A timer is files, not a transient unit, because it outlives the manager. That
// has to read all of its files again only where it knows an older version: see
// above on what reloading disturbs.
//
// On Windows a unit is a job object. It is put there at its creation, leaves the
// terminal's where that is allowed, and holds the last handle, so that all of it
// ends with its root. A named event asks it to end, because console signals reach
// whoever shares the console, or nobody. The entry is in the Run key, which any
// user may write and which runs with their credentials; instead of a service,
// which needs an administrator. A task looks again every ten minutes, for what
// crashed; instead of one for each unit that waits, which would have to keep the
// unit's variables and its log: a process that sleeps does that, and the logon
// makes up for what it missed. schtasks.exe takes the task; instead of COM.
//
// Detached is the fallback, not a daemon. Where no manager is, a process in a
// session of its own with a file that says pid and start time is all that
// works everywhere; what it cannot do, [Choose] says in one line.
package units
