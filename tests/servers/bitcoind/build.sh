#!/usr/bin/env bash
# Builds bitcoind once from the Bitcoin Core source that the crate libbitcoinkernel-sys ships, and prints its path.
# Needs: cmake ninja-build pkg-config libboost-dev libevent-dev and a C++20 compiler.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../common.sh"

# The version of libbitcoinkernel-sys in Cargo.toml; raise the recipe when the options below change.
readonly KEY=bitcoind-0.4.1-recipe1

build() {
    local dir=$1
    cargo vendor --quiet --locked --manifest-path "$here/Cargo.toml" "$dir/vendor" >"$dir/vendor.toml"
    cmake -G Ninja -S "$dir/vendor/libbitcoinkernel-sys/bitcoin" -B "$dir/build" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
        -DBUILD_DAEMON=ON -DBUILD_CLI=ON -DBUILD_TESTS=OFF -DBUILD_BENCH=OFF -DBUILD_TX=OFF -DBUILD_UTIL=OFF \
        -DBUILD_BITCOIN_BIN=OFF -DBUILD_WALLET_TOOL=OFF -DENABLE_WALLET=OFF -DENABLE_IPC=OFF -DWITH_ZMQ=OFF \
        -DENABLE_EXTERNAL_SIGNER=OFF -DWITH_EMBEDDED_ASMAP=OFF
    cmake --build "$dir/build" --parallel "$(nproc)"
    cp "$dir/build/bin/bitcoind" "$dir/build/bin/bitcoin-cli" "$dir/bin/"
    "$dir/bin/bitcoind" --version
}

build_once "$KEY" bitcoind build
