// Package unitstest tests schedulers and stands in for them: [Run] is the suite
// that every [units.Scheduler] passes, [Fake] is one that runs functions
// instead of processes.
//
// The suite's commands are the test binary itself, so a test that calls Run
// hands its main function over:
//
//	func TestMain(m *testing.M) { os.Exit(unitstest.Main(m, subjects()...)) }
//
// [InstallLaunchctl] makes a launchctl with a launchd of its own, for machines
// that have neither.
//
// The script with-user-systemd in this folder runs a command beside a private,
// real systemd user manager on machines that have none.
package unitstest
