#!/usr/bin/env bash
# Times whole processes: specweave beside what it takes the place of. Every
# comparison alternates the two in one run, since only ratios hold on a machine
# that others use too.
#
#   bench.sh SPECWEAVE [list] [many] [launch] [clone] [memory] [listing]
#            [import] [bulk]
#
# SPECWEAVE is the program. launch needs a systemd user manager, bulk a Gitea
# (listertest/with-gitea) and, if it is to be compared, ghorg in the PATH.
set -euo pipefail

sw=$(readlink -f -- "$1")
shift
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'exec 3>&- 4>&-; rm -rf -- "$work"' EXIT
GOCACHE=$(go env GOCACHE) # which is in HOME
export GOCACHE HOME=$work/home GIT_CONFIG_NOSYSTEM=1
mkdir -p "$HOME"

now() { echo "${EPOCHREALTIME/[.,]/}"; }
# Reads numbers, prints their median.
median() { sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# repositories DIR N makes N bare ones, each with a few files.
repositories() {
    local i
    if [[ ! -d $work/seed ]]; then
        git init -q -b main "$work/seed"
        for i in 1 2 3 4 5 6 7 8; do head -c 2000 /dev/urandom | base64 >"$work/seed/file$i"; done
        git -C "$work/seed" add .
        git -C "$work/seed" -c user.name=a -c user.email=a@example.org commit -qm first
    fi
    git clone -q --bare "$work/seed" "$1/acme/r0001.git"
    for ((i = 2; i <= $2; i++)); do cp -r "$1/acme/r0001.git" "$(printf '%s/acme/r%04d.git' "$1" "$i")"; done
}

serve() { # sets url
    mkfifo "$work/in" "$work/out"
    (cd "$here" && go build -o "$work/gitserver" ./testdata/gitserver)
    "$work/gitserver" "$1" <"$work/in" >"$work/out" &
    exec 3>"$work/in"
    read -r url <"$work/out"
}

bench_list() {
    local p=$work/list i id
    mkdir -p "$p"
    repositories "$work/src" 4
    for ((i = 0; i < 18; i++)); do "$sw" clone -C "$p" --foreground "file://$work/src/acme/r0001.git" >/dev/null 2>&1; done
    for i in 1 2; do
        id=$(printf 'file://%s\n' "$work"/src/acme/*.git | SPECWEAVE_SCHEDULER=detached "$sw" clone -C "$p" --into "p$i" --background --delay 30s -j 1 --from - 2>/dev/null)
        "$sw" jobs kill "$id" -C "$p" >/dev/null
    done
    for ((i = 0; i < 21; i++)); do
        s=$(now)
        "$sw" jobs -C "$p" >/dev/null
        echo $(($(now) - s))
    done | median | awk '{ printf "list 20 jobs: %.1f ms wall\n", $1 / 1000 }'
    /usr/bin/time -f 'list 20 jobs: %M KiB peak' "$sw" jobs -C "$p" >/dev/null
}

# A thousand jobs, 20 of them cut short by the end of the machine: to list
# them, and to have those 20 go on.
bench_many() {
    local p=$work/many i id first jobs=$work/many/.specweave/state/jobs
    mkdir -p "$p"
    repositories "$work/asrc" 20
    printf 'file://%s\n' "$work"/asrc/acme/*.git | "$sw" clone -C "$p" --foreground --from - >/dev/null 2>&1
    first=$(ls "$jobs")
    for ((i = 1; i < 1000; i++)); do
        printf -v id '%08x' "$i"
        [[ $id != "$first" ]] || continue
        cp -r "$jobs/$first" "$jobs/$id"
        sed -i "s/$first/$id/g" "$jobs/$id"/{config.json,journal.jsonl,result.json}
    done
    "$sw" jobs reconcile -C "$p" >/dev/null
    for ((i = 0; i < 21; i++)); do
        s=$(now)
        "$sw" jobs -C "$p" >/dev/null
        echo $(($(now) - s))
    done | median | awk '{ printf "many, list 1,000 jobs: %.1f ms wall\n", $1 / 1000 }'
    /usr/bin/time -f 'many, list 1,000 jobs: %M KiB peak' "$sw" jobs -C "$p" >/dev/null
    for ((i = 0; i < 5; i++)); do
        for id in $(ls "$jobs" | sed -n '1,20p'); do
            sed -i -e '/"done"\|"skip"\|"end"\|"lost"\|"pause"/,$d' "$jobs/$id/journal.jsonl"
            rm -f "$jobs/$id/result.json"
        done
        s=$(now)
        SPECWEAVE_SCHEDULER=detached "$sw" jobs reconcile -C "$p" >/dev/null # or the first workers to end, which do so too
        echo $(($(now) - s))
        for id in $(ls "$jobs" | sed -n '1,20p'); do "$sw" jobs wait "$id" -C "$p" >/dev/null 2>&1; done
    done | median | awk '{ printf "many, reconcile 1,000 jobs, 20 to start: %.1f ms wall\n", $1 / 1000 }'
}

# The manager works on for a while after each unit, so each launch waits until
# it is idle.
bench_launch() {
    local p=$work/launch i s a b id first
    mkdir -p "$p"
    repositories "$work/lsrc" 1
    mkdir -p "$HOME/.config/systemd/user"
    touch "$HOME/.config/systemd/user/specweave-boot.service" # as at all launches but the first
    SPECWEAVE_SCHEDULER=systemd "$sw" clone -C "$p" --background "file://$work/lsrc/acme/r0001.git" >/dev/null 2>&1
    for ((i = 0; i < 25; i++)); do
        sleep 0.3
        s=$(now)
        systemd-run --user --quiet --collect sleep 0
        a=$(($(now) - s))
        sleep 0.3
        s=$(now)
        id=$(SPECWEAVE_SCHEDULER=systemd "$sw" clone -C "$p" --background "file://$work/lsrc/acme/r0001.git" 2>/dev/null)
        b=$(($(now) - s))
        first=$(sed -n '1s/.*"t":"\([^"]*\)".*/\1/p' "$p/.specweave/state/jobs/$id/journal.jsonl")
        echo "$a $(($(date -d "$first" +%s%6N) - s)) $b" >>"$work/launches"
    done
    awk '{ print $1 }' "$work/launches" | median | awk '{ printf "launch, systemd-run --user: %.1f ms\n", $1 / 1000 }'
    awk '{ print $2 }' "$work/launches" | median | awk '{ printf "launch, specweave to the first line of the journal: %.1f ms\n", $1 / 1000 }'
    awk '{ print $3 }' "$work/launches" | median | awk '{ printf "launch, specweave until it returns: %.1f ms\n", $1 / 1000 }'
    awk '{ print $2 / $1 }' "$work/launches" | median | awk '{ printf "launch, ratio to the first line: %.2f\n", $1 }'
    awk '{ print $3 / $1 }' "$work/launches" | median | awk '{ printf "launch, ratio until it returns: %.2f\n", $1 }'
}

bench_clone() {
    local n=${CLONES:-245} j i s a b
    repositories "$work/csrc" "$n"
    serve "$work/csrc"
    for ((i = 1; i <= n; i++)); do printf '%s/acme/r%04d.git\n' "$url" "$i"; done >"$work/urls"
    for j in ${SLOTS:-4}; do
        rm -f "$work/clones"
        for ((i = 0; i < ${ROUNDS:-6}; i++)); do
            rm -rf "$work/x" "$work/y"
            mkdir -p "$work/x" "$work/y"
            s=$(now)
            (cd "$work/x" && xargs -P "$j" -n 1 git clone -q <"$work/urls")
            a=$(($(now) - s))
            s=$(now)
            "$sw" clone -C "$work/y" --foreground -j "$j" --from "$work/urls" >/dev/null 2>&1
            b=$(($(now) - s))
            echo "$a $b" >>"$work/clones"
        done
        awk '{ print $1 }' "$work/clones" | median | awk -v j="$j" -v n="$n" '{ printf "clone %d, xargs -P %d git clone: %.2f s\n", n, j, $1 / 1e6 }'
        awk '{ print $2 }' "$work/clones" | median | awk -v j="$j" -v n="$n" '{ printf "clone %d, specweave -j %d: %.2f s\n", n, j, $1 / 1e6 }'
        awk '{ print $2 / $1 }' "$work/clones" | median | awk -v j="$j" '{ printf "clone, ratio at %d: %.3f\n", j, $1 }'
    done
}

# The worker of 10,000 repositories that are all there already: the peak of
# specweave itself, with git's processes counted apart.
bench_memory() {
    local p=$work/memory i n=${REPOSITORIES:-10000}
    mkdir -p "$p/repositories/acme"
    repositories "$work/msrc" 1
    git clone -q "$work/msrc/acme/r0001.git" "$p/repositories/acme/r00001"
    for ((i = 2; i <= n; i++)); do printf -v d '%s/repositories/acme/r%05d' "$p" "$i"; cp -rl "$p/repositories/acme/r00001" "$d"; done
    for ((i = 1; i <= n; i++)); do printf 'https://example.org/acme/r%05d.git\n' "$i"; done >"$work/many"
    /usr/bin/time -f "memory, worker of $n repositories: %M KiB peak" "$sw" clone -C "$p" --foreground --from "$work/many" >/dev/null 2>"$work/err"
    tail -n 1 "$work/err"
}

# An organisation of 10,000 repositories listed and planned: the peak.
bench_listing() {
    local n=${REPOSITORIES:-10000}
    mkdir -p "$work/listing"
    mkfifo "$work/lin" "$work/lout"
    (cd "$here" && go build -o "$work/listserver" ./testdata/listserver)
    "$work/listserver" "$n" <"$work/lin" >"$work/lout" &
    exec 4>"$work/lin"
    read -r url <"$work/lout"
    GITEA_URL=$url /usr/bin/time -f "listing $n repositories: %M KiB peak, %e s" \
        "$sw" clone -C "$work/listing" --dry-run gitea:acme 2>"$work/err" >/dev/null
    grep '^listing' "$work/err"
    exec 4>&-
}

# The issues of a repository, 50 a page: pages that take 50 ms against curl, that
# is to say the network alone, then pages that take no time.
bench_import() {
    local n=${ISSUES:-10000} i p s a b c
    (cd "$here" && go build -o "$work/issueserver" ./testdata/issueserver)
    issues "$n" 50ms
    for ((i = 1; i <= (n + 49) / 50; i++)); do
        printf 'url = "%s/api/v1/repos/acme/web/issues?limit=50&page=%d"\noutput = "/dev/null"\n' "$url" "$i"
    done >"$work/pages"
    for ((i = 0; i < ${ROUNDS:-3}; i++)); do
        p=$work/import$i
        s=$(now)
        curl -fsS -K "$work/pages"
        a=$(($(now) - s))
        s=$(now)
        import "$p"
        b=$(($(now) - s))
        s=$(now)
        import "$p"
        c=$(($(now) - s))
        echo "$a $b $c" >>"$work/imports"
        rm -rf "$p"
    done
    awk '{ print $1 }' "$work/imports" | median | awk -v n="$n" '{ printf "import %d, the pages alone: %.2f s\n", n, $1 / 1e6 }'
    awk '{ print $2 }' "$work/imports" | median | awk -v n="$n" '{ printf "import %d, specweave: %.2f s\n", n, $1 / 1e6 }'
    awk '{ print $2 / $1 }' "$work/imports" | median | awk '{ printf "import, ratio: %.3f\n", $1 }'
    awk '{ print $3 - $1 }' "$work/imports" | median | awk '{ printf "import, refresh of what has not changed: %.2f s more than its pages\n", $1 / 1e6 }'
    for i in "$n" $((10 * n)); do
        issues "$i" 0s
        s=$(now)
        import "$work/import"
        awk -v n="$i" -v t=$(($(now) - s)) '{ printf "import %d: %.0f stories/s, %s\n", n, n * 1e6 / t, $0 }' "$work/peak"
        import "$work/import"
        awk -v n="$i" '{ printf "import %d, refresh: %s\n", n, $0 }' "$work/peak"
        rm -rf "$work/import"
    done
    exec 4>&-
}

issues() { # sets url
    exec 4>&-
    rm -f "$work/iin" "$work/iout"
    mkfifo "$work/iin" "$work/iout"
    "$work/issueserver" "$1" "$2" <"$work/iin" >"$work/iout" &
    exec 4>"$work/iin"
    read -r url <"$work/iout"
}

import() {
    mkdir -p "$1/.specweave"
    GITEA_URL=$url /usr/bin/time -o "$work/peak" -f '%M KiB peak' "$sw" import -C "$1" --since all --foreground gitea acme/web >/dev/null 2>"$work/err" ||
        { cat "$work/err" >&2; return 1; }
}

# bulk TOOL SLOTS clones all of acme from the server at $at, prints "TOOL SLOTS
# SECONDS SECONDS", which are real and of processors, and fails if any clone is
# missing. xargs gets the names for nothing; without SLOTS the tool chooses.
bulk() {
    local tool=$1 j=$2 d=$work/bulk n TIMEFORMAT='%R %U %S'
    rm -rf "$d"
    mkdir "$d"
    { time case $tool in
        xargs) (cd "$d" && PATH=$work/path:$PATH xargs -P "$j" -n 1 git clone -q <"$work/names" >"$work/out" 2>&1) ;;
        ghorg) PATH=$work/path:$PATH ghorg clone acme --scm gitea --base-url "$at" --token "$GITEA_TOKEN" --insecure-gitea-client \
            --path "$d" --concurrency "$j" --no-dir-size >"$work/out" 2>&1 ;;
        specweave) GITEA_URL=$at "$sw" clone -C "$d" --foreground ${j:+-j "$j"} --archived --forks gitea:acme >"$work/out" 2>&1 ;;
    esac; } 2>"$work/time" || { cat "$work/out" >&2; return 1; }
    n=$(find "$d" -name .git -prune -print | wc -l)
    ((n == $(wc -l <"$work/names"))) || { echo "$tool: $n clones" >&2; return 1; }
    awk -v tool="$tool" -v j="${j:-default}" '{ print tool, j, $1, $2 + $3 }' "$work/time"
}

# All of an organisation, near and over a line with a round trip of 100 ms, by
# us, ghorg and xargs. One round is all of them once; ratios are within a round.
# A kernel may share out its processors by session (autogroup in sched(7)), and
# our gits each have one of their own: so do the others' here, or we would win on
# any busy machine.
bench_bulk() {
    local rtt i j tool tools=(xargs specweave) at rounds=${ROUNDS:-3} git
    git=$(command -v git)
    mkdir "$work/path"
    printf '#!/bin/sh\nexec setsid %s "$@"\n' "$git" >"$work/path/git"
    chmod +x "$work/path/git"
    ! command -v ghorg >/dev/null || tools+=(ghorg)
    (cd "$here" && go build -o "$work/slowlink" ./testdata/slowlink)
    for rtt in ${RTTS:-0 100}; do
        at=$GITEA_URL
        if ((rtt)); then
            rm -f "$work/sin" "$work/sout"
            mkfifo "$work/sin" "$work/sout"
            "$work/slowlink" "${GITEA_URL#http://}" "${rtt}ms" <"$work/sin" >"$work/sout" &
            exec 4>"$work/sin"
            read -r at <"$work/sout"
            at=http://$at
        fi
        find "$RIG_REPOSITORIES/acme" -mindepth 1 -maxdepth 1 -printf "${at/:\/\//://reader:$GITEA_TOKEN@}/acme/%f\n" | sort >"$work/names"
        : >"$work/rounds"
        for ((i = 0; i < rounds; i++)); do
            for j in ${SLOTS:-4 8 16} ''; do
                for tool in "${tools[@]}"; do
                    [[ -z $j && $tool != specweave ]] || bulk "$tool" "$j" | sed "s/^/$i /" >>"$work/rounds"
                done
                tools=("${tools[@]:1}" "${tools[0]}") # no place in the row is better for long
            done
        done
        exec 4>&-
        awk -v rtt="$rtt" -v n="$(wc -l <"$work/names")" '
            function median(s,   v, k, i, j, x) {
                k = split(s, v, " ")
                for (i = 2; i <= k; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { x = v[j]; v[j] = v[j - 1]; v[j - 1] = x }
                return k % 2 ? v[(k + 1) / 2] : (v[k / 2] + v[k / 2 + 1]) / 2
            }
            {
                t[$1, $2, $3] = $4; c[$1, $2, $3] = $5; all[$3, $2] = all[$3, $2] " " $4; cpu[$3, $2] = cpu[$3, $2] " " $5
                slots[$3]; rounds[$1]; tools[$2]
                if ($2 != "specweave" && (!best[$1] || $4 < best[$1])) best[$1] = $4
            }
            END {
                for (j in slots) for (p in tools) if ((j, p) in all) {
                    line = sprintf("bulk %d, %d ms, %s at once, %s: %.2f s, %.2f s of processors", n, rtt, j, p, median(all[j, p]), median(cpu[j, p]))
                    r = q = ""
                    if (p != "specweave") for (i in rounds) {
                        r = r " " t[i, "specweave", j] / t[i, p, j]
                        q = q " " c[i, "specweave", j] / c[i, p, j]
                    }
                    if (r) line = line sprintf("; specweave to it: %.3f, %.3f", median(r), median(q))
                    if (j == "default") {
                        for (i in rounds) r = r " " t[i, p, j] / best[i]
                        line = line sprintf("; to the best of the others at any: %.3f", median(r))
                    }
                    print line
                }
            }' "$work/rounds" | sort -V
    done
}

for what in "${@:-list}"; do "bench_$what"; done
