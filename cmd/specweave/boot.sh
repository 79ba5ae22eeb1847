#!/usr/bin/env bash
# boot.sh SPECWEAVE RIG [ARG...]
#
# Shows that jobs of SPECWEAVE survive a power cut and a logout. RIG runs a
# command beside a new user manager with the home in RIG_HOME, and kills both:
# twice with one home, so that the second manager's start is the next boot. The
# job that ran goes on although nobody asks for it; the one that a person had
# stopped stays so; one that waits for a time waits again. The last manager also
# ends a worker that makes no progress, which the log says.
set -euo pipefail

# first starts the jobs, and leaves them to the end of the rig, or logs out.
first() {
    mkdir project src
    git init -q -b main src/r1
    git -C src/r1 -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first
    local i id stopped later
    for i in 2 3 4 5 6 7 8; do cp -r src/r1 "src/r$i"; done
    printf "file://$HOME/src/%s\n" r1 r2 r3 r4 r5 r6 r7 r8 >list

    cd project
    id=$("$sw" clone --from ../list -j 1 --delay 1s 2>said)
    grep -q 'from now on jobs go on after a reboot' said || fail "$(<said)"
    stopped=$("$sw" clone --from ../list -j 1 --delay 1s --into other 2>/dev/null)
    "$sw" jobs kill "$stopped" >/dev/null
    later=$("$sw" clone --from ../list --into later --at 2h 2>/dev/null)
    until shows "$id" '"done": [1-7],'; do sleep 0.05; done
    if [[ $1 == logout ]]; then
        systemctl --user exit
        until shows "$id" '"status": "paused"'; do sleep 0.05; done
    fi
    echo "$id $stopped $later" >ids
}

# next looks at what became of them. The rig waits until the manager has
# started all that it starts by itself.
next() {
    local id stopped later
    cd project
    read -r id stopped later <ids
    shows "$id" '"attempt": 2' || fail "nobody went on with the job: $(systemctl --user --no-pager status specweave-boot 2>&1)"
    "$sw" jobs wait "$id" --timeout 60s 2>/dev/null || fail "jobs wait: $?"
    shows "$id" '"done": 8,' || fail "not all is done"
    shows "$stopped" '"status": "paused"' || fail "the stopped job did not stay so"
    shows "$stopped" '"attempt": 1' || fail "the stopped job was started"
    shows "$later" '"state": "waiting"' || fail "the job that waits for a time does not: $("$sw" jobs show "$later")"
    [[ $(systemctl --user show -P Result specweave-boot) == success ]] || fail "$(systemctl --user --no-pager status specweave-boot)"
}

# hung starts a job whose git says nothing, with a watchdog that is shorter than
# the five minutes after which git itself is taken for hung.
hung() {
    mkdir -p project "$XDG_RUNTIME_DIR/systemd/user/specweave-.service.d"
    printf '[Service]\nWatchdogSec=3s\nRestartSec=200ms\n' >"$XDG_RUNTIME_DIR/systemd/user/specweave-.service.d/watchdog.conf"
    systemctl --user daemon-reload
    cd project
    local id
    printf '#!/bin/sh\ncase "$*" in *" clone "*) sleep 1000 ;; esac\nexec %s "$@"\n' "$(command -v git)" >../git
    chmod 755 ../git
    id=$(PATH=$PWD/..:$PATH "$sw" clone --background https://example.org/a/b --no-service 2>/dev/null)
    "$sw" jobs wait "$id" --timeout 60s 2>/dev/null && fail "the job is complete"
    shows "$id" '"status": "failed"' || fail "the job did not end"
    "$sw" jobs logs "$id" -n 0 >../log
    grep -q 'attempt 1 is over: the worker made no progress and was killed by the watchdog' ../log || fail "$(<../log)"
    grep -q 'attempt 3 of job' ../log || fail "the manager did not start it again"
    ! pgrep -fx 'sleep 1000' || fail "something is left of it"
}

shows() { "$sw" jobs show "$1" --json | grep -q "$2"; }
fail() { echo "boot.sh: $*" >&2; "$sw" jobs >&2 || true; exit 1; }

sw=$(readlink -f -- "$1")
shift
case $1 in
first | next | hung)
    export HOME=$RIG_HOME GIT_CONFIG_NOSYSTEM=1
    cd
    "$@"
    exit
    ;;
esac
if ((EUID)); then
    echo "boot.sh: skipped, only root can end a user manager that is not the user's own" >&2
    exit
fi
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
chmod 755 "$dir"
for end in crash logout; do
    export RIG_HOME=$dir/$end
    "$@" bash "$0" "$sw" first "$end"
    "$@" bash "$0" "$sw" next
    echo "boot.sh: a job went on after a $end: $*"
done
"$@" bash "$0" "$sw" hung
echo "boot.sh: a job without progress was ended by the watchdog: $*"
