#!/usr/bin/env bash
# wine.sh
#
# Runs the tests of platform and units for Windows, those of the journal and of
# what follows from it, and then whole jobs, inside with-wine. Left out of jobs is
# what needs git, modes, owners or links, and what waits for the lock of the
# projection, for which Wine 8 takes minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip='^TestHealth$' # Wine counts a process's memory at times only
declare -A only=([platform]=. [units]=. [jobs]='^Test(Fold|Journal|Decide|Live)')
for p in platform units jobs; do
    go test -c -o "$WINEPREFIX/$p.exe" "./$p"
    echo "wine: $p"
    (cd "$p" && timeout 120 "$WINE" "$WINEPREFIX/$p.exe" -test.timeout 110s -test.run "${only[$p]}" -test.skip "$skip")
done
cmd/specweave/wine.sh
