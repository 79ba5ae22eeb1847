#!/usr/bin/env bash
# Shows SPECWEAVE at work: makes a dozen real repositories, hands a clone job
# to this machine's scheduler, follows it to the end and lists the jobs. All of
# it happens in a temporary directory, which is removed.
set -euo pipefail

sw=$1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null # a demonstration of ours, not of the user's hooks and keys
export XDG_STATE_HOME=$work/state SPECWEAVE_NO_SERVICE=1 # it leaves nothing behind
run() { printf '\n$ %s\n' "specweave $*"; "$sw" "$@"; }

echo "Making a dozen repositories ..."
for name in web api mobile docs auth billing search mail admin deploy design data; do
    git init -q -b main "$work/hosting/acme/$name"
    git -C "$work/hosting/acme/$name" -c user.name=demo -c user.email=demo@example.org \
        commit -q --allow-empty -m "first commit of $name"
    echo "file://$work/hosting/acme/$name"
done >"$work/repositories.txt"

mkdir "$work/project"
cd "$work/project"
run clone --from ../repositories.txt -j 2 --delay 300ms | tee "$work/id"
id=$(grep -oE '^[0-9a-f]{8}$|^Job [0-9a-f]{8}' "$work/id" | grep -oE '[0-9a-f]{8}')
unit=$("$sw" jobs show "$id" --json | sed -n 's/.*"unit": "\(.*\)".*/\1/p')
until "$sw" jobs show "$id" --json | grep -qE '"done": ([2-9]|1[0-9])'; do sleep 0.1; done
run jobs
if systemctl --user show-environment >/dev/null 2>&1; then
    printf '\n$ systemctl --user status %s\n' "$unit"
    systemctl --user --no-pager --lines=0 status "$unit" || true
fi
run jobs follow "$id"
run jobs
printf '\nCloned: %s\n' "$(cd repositories/acme && echo *)"
