#!/bin/sh
# Runs the compiled tests in BUILD against the systemd user manager of the
# caller: schedulers, and every script of the command line.
set -eu
build=$1
here=$(dirname -- "$(readlink -f -- "$0")")
export SPECWEAVE_SYSTEMD_TEST=1 SPECWEAVE_TEST_SCHEDULER=systemd
[ "$(id -u)" != 0 ] || export SPECWEAVE_TEST_MOUNTS=1 # the rig gives root a mount namespace
cd "$here/../../units"
"$build/units.test" -test.timeout 30m
cd "$here"
"$build/specweave.test" -test.timeout 30m -test.skip Original # which needs no systemd
