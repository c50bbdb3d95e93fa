#!/usr/bin/env bash
# Builds electrs once from its crate and prints its path.
# Needs: clang libclang-dev and a C++ compiler (for RocksDB).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../common.sh"

readonly VERSION=0.12.0

# Without its default feature `metrics`, electrs opens no port but the one for Electrum. RocksDB is most of the build:
# the low optimization level saves minutes there.
build() {
    local dir=$1
    CARGO_TARGET_DIR="$dir/target" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install electrs --locked --version "=$VERSION" --no-default-features --root "$dir/install"
    cp "$dir/install/bin/electrs" "$dir/bin/"
    "$dir/bin/electrs" --version
}

build_once "electrs-$VERSION" electrs build
