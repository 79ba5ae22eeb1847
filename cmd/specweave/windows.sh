#!/usr/bin/env bash
# windows.sh
#
# Runs jobs of specweave.exe, on Windows or inside units/unitstest/with-wine: a
# clone job from its launch to its end, with kill and resume, and with a
# repository that fails and is tried again; under Wine also a power cut after
# which the next logon goes on with it. There git is the system's, see
# testdata/winegit: what it started outlives a kill, as it would not on Windows.
set -euo pipefail

fail() { echo "windows.sh: $*" >&2; sw jobs >&2 || true; exit 1; }
sw() { timeout 60 ${WINE:+"$WINE"} "$dir/specweave.exe" "$@" | tr -d '\r'; }
shows() { sw jobs show "$1" --json 2>/dev/null | grep -q "$2"; }
# waits until job $1 shows $2.
waits() {
    local end=$((SECONDS + 60))
    until shows "$1" "$2"; do
        ((SECONDS < end)) || fail "in vain: $2 in $(sw jobs show "$1" --json) $(cat "$dir"/project/.specweave/state/jobs/*/worker.log)"
        sleep 0.1
    done
}

# alone ends what outlived a job: the gits outside of Wine.
alone() { [[ -z ${WINE-} ]] || while pkill -f "$dir/src/r4"; do sleep 0.1; done; }

here=$(readlink -f -- "$(dirname "$0")")
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
if [[ -n ${WINE-} ]]; then
    # Wine 8 has no Unix sockets, through which git gets its credentials: here they
    # are others, which nobody asks, for no host of these repositories wants any.
    helper=$(readlink -f -- "$here/../../workers/helper.go")
    sed 's|Listen(ctx, "unix", .*)$|Listen(ctx, "tcp", "127.0.0.1:0")|' "$helper" >"$dir/helper.go"
    grep -q 127.0.0.1 "$dir/helper.go" || fail "no socket in $helper"
    overlay=${GOFLAGS##*-overlay=}
    jq --arg old "$helper" --arg new "$dir/helper.go" '.Replace[$old] = $new' "$overlay" >"$dir/overlay.json"
    export GOFLAGS="${GOFLAGS%-overlay=*} -overlay=$dir/overlay.json"
    (cd "$here" && go build -o "$dir/bin/git.exe" ./testdata/winegit)
    ln -s /bin/sh "$dir/bin/sh.exe"
    export WINEPATH="Z:${dir//\//\\}\\bin"
    drive=/Z:$dir
else
    drive=/$(cygpath -m "$dir")
fi
export GIT_CONFIG_NOSYSTEM=1
(cd "$here" && go build -o "$dir/specweave.exe" .)

mkdir "$dir/project" "$dir/src"
git init -q -b main "$dir/src/r1"
git -C "$dir/src/r1" -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first
for i in 2 3 4 5 6; do cp -r "$dir/src/r1" "$dir/src/r$i"; done
# The fourth is behind a gate, at which a job stands still.
cat >"$dir/gate" <<END
until test -e '$dir/open'; do sleep 0.1; done
for command; do :; done
eval "\$command"
END
export GIT_SSH_COMMAND="sh $dir/gate" GIT_SSH_VARIANT=ssh
disk="file://$drive"
printf "%s/src/%s\n" "$disk" r1 "$disk" r2 "$disk" r3 "ssh://here$dir" r4 "$disk" r5 "$disk" r6 >"$dir/list"
cd "$dir/project"

sw clone --from ../list -n >/dev/null || fail "dry run"
id=$(sw clone --from ../list -j 1 2>"$dir/said") || fail "$(<"$dir/said")"
grep -q 'Windows ends the job when you log off' "$dir/said" || fail "$(<"$dir/said")"
waits "$id" '"done": 3,'
sw jobs kill "$id" >/dev/null || fail "kill"
shows "$id" '"status": "paused"' || fail "it is not paused"
grep -q 'stopped by the user' .specweave/state/jobs/*/worker.log || fail "it was not asked to end: $(cat .specweave/state/jobs/*/worker.log)"
alone
touch "$dir/open"
sw jobs resume "$id" >/dev/null 2>&1 || fail "resume"
sw jobs wait "$id" --timeout 60s 2>/dev/null || fail "jobs wait: $?"
shows "$id" '"done": 6,' || fail "not all is done"
[[ $(find repositories -name .git | wc -l) == 6 ]] || fail "$(find repositories -name .git)"
echo "windows.sh: a job was cloned, killed and resumed"

printf "%s/src/%s\n" "$disk" r1 "$disk" late >"$dir/late"
id=$(sw clone --from ../late --background --retries 0 --into late 2>/dev/null) || fail "clone of what is not there"
sw jobs wait "$id" --timeout 60s >/dev/null 2>&1 && fail "what is not there was cloned"
shows "$id" '"failed": 1,' || fail "nothing failed"
cp -r "$dir/src/r1" "$dir/src/late"
sw jobs retry "$id" >/dev/null 2>&1 || fail "retry"
sw jobs wait "$id" --timeout 60s 2>/dev/null || fail "jobs wait after the retry: $?"
shows "$id" '"done": 2,' || fail "what failed was not tried again"
[[ -e late/src/late/.git ]] || fail "$(find late)"
echo "windows.sh: what had failed was tried again"
[[ -n ${WINE-} ]] || exit 0 # the rest would change the user's own logon

sw service install >/dev/null || fail "service install: $?"
sw service status | grep -qx 'Installed.' || fail "$(sw service status)"
rm "$dir/open"
id=$(sw clone --from ../list -j 1 --into again 2>/dev/null)
waits "$id" '"done": 3,'
"$WINESERVER" -k
"$WINESERVER" -w
alone
touch "$dir/open"
"$WINESERVER" -p >/dev/null 2>&1 </dev/null
"$WINE" wineboot </dev/null >/dev/null 2>&1
waits "$id" '"attempt": 2'
sw jobs wait "$id" --timeout 60s 2>/dev/null || fail "jobs wait after the boot: $?"
shows "$id" '"done": 6,' || fail "not all is done after the boot"
echo "windows.sh: a job went on at the logon after a power cut"
