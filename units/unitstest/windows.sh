#!/usr/bin/env bash
# windows.sh [PACKAGE...]
#
# Runs the tests of all packages, or of those named, for Windows, and then whole
# jobs: on Windows itself (from Git's bash), or inside with-wine.
#
# Of workers only what is about paths and files is run, and of cmd/specweave what
# needs neither git nor a shell: the rest is written for git beside a shell, and
# what it is about whole jobs show. Of stories, syncer and markup, which Wine takes
# minutes for, it runs what takes seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${WINEPREFIX:-$(mktemp -d)}

# What Wine 8 cannot do, in one package or in all.
lacks=(
    TestHealth                                 # it counts a process's memory at times only
    TestListAmongRubbish TestSurveyStaysInside # it says that it made a symbolic link, and made none
    TestGateWithoutFile/a_link                 # the same
    TestClaimWithoutLock                       # who started Wine is no process that it knows
    jobs:TestCrashSweep                        # there is no git that it could run
    TestOneWorker TestJournalFailsWhileWorking # sync takes it so long that they take minutes
    workers/{azure,github,gitlab}:TestSync workers/jira:Test{Cloud,Server}Sync # likewise; that of workers/gitea is run
)
declare -A only=(
    [workers]='^(Test(ParseSource|ParseSourceOnWindows|SameLocation|Arrange|CheckPath|ParseDotenv)|FuzzPortable)$'
    [workers/stories]='^Test(Compaction|WithoutLog|StoriesOfTheOriginal|MovedAndDeleted|Adopt.*|Leftovers|ConflictTwice|Known|Criteria.*|ReadOnlyStory|TwoImports|Archive|Tasks|Overruled|Told|Based|Kept|Stale|URLs|Names|HostileTexts|EditedStories|CommentSent|Comments)$'
    [workers/syncer]='^Test(Plan|Unwritable|PreviewOfNothing|Preview)$'
    [workers/markup]='^Test(ADF|NoADF|Clean|HTML|IsSafe|Title|Slug|Wiki)$'
    [cmd/specweave]='^Test(Promises.*|StaleUnits|Verdict|CurrentShowsHowFar|ParseTime|WantsBoot|BootEnv|StateDir|Scheduled.*|Configured|ParseItemURL|ListInASCII|RateAndDuration|TableFits|ExitCodes|WorkerEnv)$'
)
[[ -n ${WINE-} ]] || unset "only[workers/stories]" "only[workers/syncer]" "only[workers/markup]"
packages=("$@")
(($#)) || mapfile -t packages < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | cut -d/ -f4-)
for p in "${packages[@]}"; do
    skip=
    if [[ -n ${WINE-} ]]; then
        for t in "${lacks[@]}"; do
            [[ $t != *:* || ${t%:*} == "$p" ]] || continue
            t=${t##*:}
            skip+="|^${t//\//\$/^}\$"
        done
    fi
    go test -c -o "$dir/package.test.exe" "./$p"
    echo "windows.sh: $p"
    (cd "$p" && timeout 300 ${WINE:+"$WINE"} "$dir/package.test.exe" -test.short -test.timeout 290s -test.run "${only[$p]:-.}" -test.skip "${skip#|}")
done
(($#)) || cmd/specweave/windows.sh
