#!/usr/bin/env bash
# release.sh [-c] OUT OS/ARCH...
#
# Builds what is released into the folder OUT, which it makes anew: for each
# system and processor an archive with the program, its manual and completions,
# and a list of the modules in it (CycloneDX); for Linux .deb and .rpm packages;
# a Homebrew formula and a Scoop manifest; and SHA256SUMS. It builds what is
# committed, and refuses to if anything else lies in the work tree, but with -c.
#
# The bytes depend on the commit, its tags and the versions of go, nfpm,
# cyclonedx-gomod and gzip, and on nothing else: see reproduce.sh.
#
# Needs git, jq, zip, GNU tar, and in NFPM and CYCLONEDX the two programs.
set -euo pipefail

die() { echo "release.sh: $*" >&2; exit 1; }
dirty=
[[ ${1-} != -c ]] || { dirty=ok; shift; }
(($# > 1)) || die "usage: release.sh [-c] OUT OS/ARCH..."
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
cd "$(git rev-parse --show-toplevel)"
[[ -n $dirty || -z $(git status --porcelain) ]] || die "there is work that is not committed"
# v1.2.3, or what comes after it: v1.2.3+4.g0123abc, above it in any order.
tag=$(git describe --tags --match 'v[0-9]*' --abbrev=12 2>/dev/null ||
    echo "v0.0.0-$(git rev-list --count HEAD)-g$(git rev-parse --short=12 HEAD)")
version=$(sed -E 's/^v//; s/-([0-9]+)-(g[0-9a-f]+)$/+\1.\2/' <<<"$tag")
url=https://github.com/specweave/specweave/releases/download/v$version
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=true' GOEXPERIMENT='' GOAMD64=v1 GOARM64=v8.0 LC_ALL=C TZ=UTC
umask 022
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
rm -rf -- "${out:?}"/*
git clone -q . "$work/src" # go stamps no commit in a linked work tree
cd "$work/src"
from=$PWD/cmd/specweave/release

# compile FILE compiles the program for GOOS and GOARCH.
compile() { go build -ldflags "-s -w -X main.version=v$version" -o "$1" ./cmd/specweave; }

mkdir -p "$work/common/completions" "$work/common/man"
cp LICENSE README.md "$work/common"
compile "$work/specweave"
for shell in bash zsh fish; do "$work/specweave" completion $shell >"$work/common/completions/$shell"; done
"$work/specweave" manual | gzip -9n >"$work/common/man/specweave.1.gz"

printf 's|@VERSION@|%s|g\ns|@URL@|%s|g\n' "$version" "$url" >"$work/fill"
for target; do
    os=${target%/*} arch=${target#*/} exe=specweave
    [[ $os != windows ]] || exe=specweave.exe
    name=specweave_${version}_${os}_$arch
    cp -R "$work/common" "$work/$name"
    GOOS=$os GOARCH=$arch compile "$work/$name/$exe"
    chmod -R u=rwX,go=rX "$work/$name"
    find "$work/$name" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
    # The tool notes a checksum of itself, which is another on each machine.
    "$CYCLONEDX" bin -json -std -noserial -notimestamp -version "v$version" "$work/$name/$exe" 2>"$work/said" |
        jq 'del(.metadata.tools[]?.hashes)' >"$out/$name.cdx.json" || die "$(<"$work/said")"
    if [[ $os == windows ]]; then
        archive=$out/$name.zip
        (cd "$work/$name" && find . -type f | sort | zip -qX9 "$archive" -@)
    else
        archive=$out/$name.tar.gz
        tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -cf - "$name" | gzip -9n >"$archive"
    fi
    echo "s|@SHA256_${os}_$arch@|$(sha256sum "$archive" | cut -d' ' -f1)|" >>"$work/fill"
    if [[ $os == linux ]]; then
        sed "s|@ARCH@|$arch|; s|@STAGE@|$work/$name|; s|@VERSION@|$version|" "$from/nfpm.yaml" >"$work/nfpm.yaml"
        for kind in deb rpm; do "$NFPM" package -f "$work/nfpm.yaml" -p $kind -t "$out" >"$work/said" || die "$(<"$work/said")"; done
    fi
    echo "release.sh: $target"
done
for template in specweave.rb specweave.json; do
    sed -f "$work/fill" "$from/$template" >"$out/$template"
    if grep -q '@SHA256' "$out/$template"; then
        rm "$out/$template"
        echo "release.sh: no $template: it names systems that were not asked for"
    fi
done
(cd "$out" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
