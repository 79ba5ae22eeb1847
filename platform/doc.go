// Package platform holds what package os lacks: atomic replacement, locks that
// die with their holder, process identity, process groups and detaching,
// anonymous files for secrets, and a path to this program that survives an
// upgrade.
//
// It is the only package with files for one operating system, and it knows
// nothing of jobs or units. Everything here works on local files and processes;
// nothing touches the network.
package platform
