#!/usr/bin/env bash
# windows.sh
#
# Runs the tests of platform, units, jobs and limits for Windows, those of workers
# that are about paths, and then whole jobs: on Windows itself (from Git's bash),
# or inside with-wine.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${WINEPREFIX:-$(mktemp -d)}

# What Wine 8 cannot do.
lacks=(
    TestHealth                                 # it counts a process's memory at times only
    TestListAmongRubbish TestSurveyStaysInside # it says that it made a symbolic link, and made none
    TestGateWithoutFile/a_link                 # the same
    TestClaimWithoutLock                       # who started Wine is no process that it knows
    TestCrashSweep                             # there is no git that it could run
    TestOneWorker TestJournalFailsWhileWorking # sync takes it so long that they take minutes
)
skip=
[[ -z ${WINE-} ]] || skip=$(printf '^%s$|' "${lacks[@]//\//\$/^}")
declare -A only=([workers]='^(Test(ParseSource|ParseSourceOnWindows|SameLocation|Arrange|CheckPath|ParseDotenv)|FuzzPortable)$')
for p in platform units jobs workers/limits workers; do
    go test -c -o "$dir/test.exe" "./$p"
    echo "windows.sh: $p"
    (cd "$p" && timeout 300 ${WINE:+"$WINE"} "$dir/test.exe" -test.timeout 290s -test.run "${only[$p]:-.}" -test.skip "${skip%|}")
done
cmd/specweave/windows.sh
