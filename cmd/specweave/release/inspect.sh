#!/usr/bin/env bash
# inspect.sh DIR
#
# Looks at a release that release.sh has built into DIR, as whoever installs it
# will: checksums; in each archive and package the program, for the system and
# processor that its name says, manual and completions, each in its place and for
# nobody else to write to; lists of modules that are complete, and what CycloneDX
# allows; formula and manifest with names and sums of what is there. It runs what
# this machine can run.
#
# Needs go, jq, unzip, dpkg-deb, rpm, and in SBOM_SCHEMA the folder with the
# schemas of CycloneDX. Texts are read by those of mandoc, zsh, fish and ruby that
# are there.
set -euo pipefail

die() { echo "inspect.sh: $*" >&2; exit 1; }
(($# == 1)) || die "usage: inspect.sh DIR"
root=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$1"
host=$(go env GOHOSTOS)_$(go env GOHOSTARCH)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# same WHAT compares two lists: the wanted one, then that which there is.
same() { diff "$2" "$3" >&2 || die "$1 (<: wanted, >: there)"; }
has() { command -v "$1" >/dev/null; }

sha256sum --quiet -c SHA256SUMS
same "SHA256SUMS" <(ls | grep -vx SHA256SUMS) <(sed 's/^[^ ]*  //' SHA256SUMS)

# program FILE OS_ARCH looks at a program.
program() {
    local info want version=${name#specweave_}
    version=${version%"_$2"}
    info=$(go version -m "$1" | tr '\t' ' ')
    for want in "GOOS=${2%_*}" "GOARCH=${2#*_}" CGO_ENABLED=0 -trimpath=true vcs.modified=false; do
        grep -q -- " build $want\$" <<<"$info" || die "$1 of $name: not $want"
    done
    grep -qaF "v$version" "$1" || die "$1 of $name: not v$version"
    [[ $2 != "$host" ]] || [[ $("$1" version) == "specweave v$version ("* ]] || die "it says $("$1" version)"
}

# texts DIR MANUAL BASH FISH ZSH looks at what shells and man(1) read.
texts() {
    local dir=$1
    ! has mandoc || gzip -dc "$dir/$2" | mandoc -T lint -W error || die "the manual of $name"
    bash -n "$dir/$3"
    ! has fish || fish --no-execute "$dir/$4"
    ! has zsh || zsh -n "$dir/$5"
}

# files DIR FILE... says that these and no others are in DIR, for others to read
# and not to write to.
files() {
    local dir=$1
    shift
    same "files of $name" <(printf '%s\n' "$@" | LC_ALL=C sort) <(cd "$dir" && find . -type f | LC_ALL=C sort | cut -c3-)
    [[ -z $(find "$dir" -perm /022) && -z $(find "$dir" ! -perm -444) ]] || die "modes of $name: $(find "$dir" -perm /022 -o ! -perm -444)"
}

for archive in specweave_*.tar.gz specweave_*.zip; do
    [[ -e $archive ]] || continue
    name=${archive%.zip} name=${name%.tar.gz}
    system=$(grep -oE '(linux|darwin|windows)_[a-z0-9]+$' <<<"$name")
    exe=specweave
    umask 022
    if [[ $archive == *.zip ]]; then
        exe=specweave.exe
        unzip -q "$archive" -d "$work/$name"
    else
        tar -C "$work" -xpf "$archive" # which is one folder
    fi
    files "$work/$name" LICENSE README.md $exe completions/{bash,fish,zsh} man/specweave.1.gz
    texts "$work/$name" man/specweave.1.gz completions/{bash,fish,zsh}
    program "$work/$name/$exe" "$system"
    # go version names what replaces a module in a line of its own; there is none.
    same "modules of $name" <(go version -m "$work/$name/$exe" | awk '$1 == "dep" {print $2 "@" $3}' | LC_ALL=C sort) \
        <(jq -r '.components[] | select(.name != "std") | "\(.name)@\(.version)"' "$name.cdx.json" | LC_ALL=C sort)
done

for package in specweave*.deb specweave*.rpm; do
    [[ -e $package ]] || continue
    name=$package x=$work/$package kind=${package##*.}
    mkdir "$x"
    places=(usr/share/man/man1/specweave.1.gz usr/share/bash-completion/completions/specweave usr/share/fish/vendor_completions.d/specweave.fish)
    if [[ $kind == deb ]]; then
        places+=(usr/share/zsh/vendor-completions/_specweave)
        licence=usr/share/doc/specweave/copyright
        dpkg-deb -x "$package" "$x"
        [[ -z $(dpkg-deb -c "$package" | grep -v ' root/root ') ]] || die "$package: not all is root's"
        version=$(dpkg-deb -f "$package" Version) arch=$(dpkg-deb -f "$package" Architecture)
    else
        places+=(usr/share/zsh/site-functions/_specweave)
        licence=usr/share/licenses/specweave/LICENSE
        rpm2archive - <"$package" | tar -C "$x" -xpz
        [[ -z $(rpm -qp --qf '[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]' "$package" | grep -vx root:root) ]] || die "$package: not all is root's"
        version=$(rpm -qp --qf '%{VERSION}' "$package") arch=$(rpm -qp --qf '%{ARCH}' "$package")
        arch=${arch/x86_64/amd64} arch=${arch/aarch64/arm64}
    fi
    files "$x" usr/bin/specweave usr/share/doc/specweave/README.md "$licence" "${places[@]}"
    texts "$x" "${places[@]}"
    name=specweave_${version}_linux_$arch
    cmp "$x/usr/bin/specweave" "$work/$name/specweave"
done

SPECWEAVE_SBOM=$(printf '%s\n' "$PWD"/*.cdx.json) go -C "$root" test -count=1 -run '^TestSBOM$' ./cmd/specweave

# listed FILE looks at pairs of sum and address.
listed() {
    local sum url
    while read -r sum url; do
        grep -qxF "$sum  ${url##*/}" SHA256SUMS || die "$1: $sum is not the sum of ${url##*/}"
        [[ $url == "https://github.com/specweave/specweave/releases/download/v$version/"* ]] || die "$1: $url"
    done
}
if [[ -e specweave.rb ]]; then
    ! has ruby || ruby -c specweave.rb >/dev/null
    version=$(sed -n 's/^  version "\(.*\)"$/\1/p' specweave.rb)
    sed -n 's/^ *url "\(.*\)"$/\1/p; s/^ *sha256 "\(.*\)"$/\1/p' specweave.rb | paste - - | awk '{print $2, $1}' >"$work/pairs"
    [[ $(wc -l <"$work/pairs") == 4 ]] || die "specweave.rb has $(wc -l <"$work/pairs") archives"
    listed specweave.rb <"$work/pairs"
    for path in $(sed -n 's/.*\.install "\([^"]*\)".*/\1/p' specweave.rb); do
        [[ -f $work/specweave_${version}_darwin_arm64/$path ]] || die "specweave.rb installs $path"
    done
fi
if [[ -e specweave.json ]]; then
    version=$(jq -r .version specweave.json)
    jq -r '.architecture[] | "\(.hash) \(.url)"' specweave.json >"$work/pairs"
    [[ $(wc -l <"$work/pairs") == 2 ]] || die "specweave.json has $(wc -l <"$work/pairs") archives"
    listed specweave.json <"$work/pairs"
    [[ -f $work/specweave_${version}_windows_amd64/$(jq -r .bin specweave.json) ]] || die "specweave.json names another program"
fi
echo "inspect.sh: $(wc -l <SHA256SUMS) files are as they should be"
