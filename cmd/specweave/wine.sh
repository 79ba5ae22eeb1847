#!/usr/bin/env bash
# wine.sh
#
# Runs jobs of specweave.exe under Wine, inside units/unitstest/with-wine: a
# clone job from its launch to its end, kill and resume, and a power cut after
# which the next logon goes on with it. The git is the system's, see
# testdata/winegit: what it started outlives a kill, as it would not on Windows.
set -euo pipefail

fail() { echo "wine.sh: $*" >&2; sw jobs >&2 || true; exit 1; }
sw() { timeout 60 "$WINE" "$dir/specweave.exe" "$@" | tr -d '\r'; }
shows() { sw jobs show "$1" --json 2>/dev/null | grep -q "$2"; }
# waits until job $1 shows $2.
waits() {
    local end=$((SECONDS + 60))
    until shows "$1" "$2"; do
        ((SECONDS < end)) || fail "in vain: $2 in $(sw jobs show "$1" --json) $(cat "$dir"/project/.specweave/state/jobs/*/worker.log)"
        sleep 0.1
    done
}

here=$(readlink -f -- "$(dirname "$0")")
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
# Wine 8 has no Unix sockets, through which git gets its credentials: here they
# are others, which nobody asks, for no host of these repositories wants any.
helper=$(readlink -f -- "$here/../../workers/helper.go")
sed 's|Listen(ctx, "unix", .*)$|Listen(ctx, "tcp", "127.0.0.1:0")|' "$helper" >"$dir/helper.go"
grep -q 127.0.0.1 "$dir/helper.go" || fail "no socket in $helper"
overlay=${GOFLAGS##*-overlay=}
jq --arg old "$helper" --arg new "$dir/helper.go" '.Replace[$old] = $new' "$overlay" >"$dir/overlay.json"
export GOFLAGS="${GOFLAGS%-overlay=*} -overlay=$dir/overlay.json"
(cd "$here" && go build -o "$dir/specweave.exe" . && go build -o "$dir/bin/git.exe" ./testdata/winegit)
ln -s /bin/sh "$dir/bin/sh.exe"
export WINEPATH="Z:${dir//\//\\}\\bin" GIT_CONFIG_NOSYSTEM=1

mkdir "$dir/project" "$dir/src"
git init -q -b main "$dir/src/r1"
git -C "$dir/src/r1" -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first
for i in 2 3 4 5 6; do cp -r "$dir/src/r1" "$dir/src/r$i"; done
printf "file:///Z:$dir/src/%s\n" r1 r2 r3 r4 r5 r6 >"$dir/list"
cd "$dir/project"

sw clone --from ../list -n >/dev/null || fail "dry run"
id=$(sw clone --from ../list -j 1 --delay 500ms 2>"$dir/said") || fail "$(<"$dir/said")"
grep -q 'Windows ends the job when you log off' "$dir/said" || fail "$(<"$dir/said")"
waits "$id" '"done": [1-3],'
sw jobs kill "$id" >/dev/null || fail "kill"
shows "$id" '"status": "paused"' || fail "it is not paused"
grep -q 'stopped by the user' .specweave/state/jobs/*/worker.log || fail "it was not asked to end: $(cat .specweave/state/jobs/*/worker.log)"
sw jobs resume "$id" >/dev/null 2>&1 || fail "resume"
sw jobs wait "$id" --timeout 60s 2>/dev/null || fail "jobs wait: $?"
shows "$id" '"done": 6,' || fail "not all is done"
[[ $(ls -d repositories/*/*/.git | wc -l) == 6 ]] || fail "$(ls -d repositories/*/*)"
echo "wine.sh: a job was cloned, killed and resumed"

sw service install >/dev/null || fail "service install: $?"
sw service status | grep -qx 'Installed.' || fail "$(sw service status)"
id=$(sw clone --from ../list -j 1 --delay 500ms --into again 2>/dev/null)
waits "$id" '"done": [1-3],'
"$WINESERVER" -k
"$WINESERVER" -w
"$WINESERVER" -p >/dev/null 2>&1 </dev/null
"$WINE" wineboot </dev/null >/dev/null 2>&1
waits "$id" '"attempt": 2'
sw jobs wait "$id" --timeout 60s 2>/dev/null || fail "jobs wait after the boot: $?"
shows "$id" '"done": 6,' || fail "not all is done after the boot"
echo "wine.sh: a job went on at the logon after a power cut"
