#!/usr/bin/env bash
# reproduce.sh OS/ARCH...
#
# Builds a release of what is committed twice, in two folders, in another time
# zone, with other permissions, and the second time with nothing in Go's cache,
# and says where the two differ. It exits with 1 if they do.
set -euo pipefail
here=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
(umask 022 && git clone -q "$here" "$dir/a")
(umask 077 && git clone -q "$dir/a" "$dir/another/folder") # the same commit, whatever comes meanwhile
(umask 022 && cd "$dir/a" && TZ=UTC cmd/specweave/release/release.sh "$dir/1" "$@")
(umask 077 && cd "$dir/another/folder" && TZ=Asia/Tokyo GOCACHE=$dir/cache cmd/specweave/release/release.sh "$dir/2" "$@")
diff -r "$dir/1" "$dir/2" || exit 1
echo "reproduce.sh: $(wc -l <"$dir/1/SHA256SUMS") files of two builds are equal"
