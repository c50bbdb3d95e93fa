#!/usr/bin/env bash
# Installs by apt what the builds and the servers need and is missing; exits 2 when it cannot.
# A server that BITCOIND_EXE or ELECTRS_EXE names is not built, so it needs nothing.
set -euo pipefail

readonly BASE_PACKAGES=(build-essential pkg-config valgrind)
readonly BITCOIND_PACKAGES=(cmake ninja-build libboost-dev libevent-dev)
readonly ELECTRS_PACKAGES=(clang libclang-dev)

log=$(mktemp)
readonly log
trap 'rm -f "$log"' EXIT

main() {
    local wanted=("${BASE_PACKAGES[@]}") missing=()
    if [[ -z ${BITCOIND_EXE:-} ]]; then wanted+=("${BITCOIND_PACKAGES[@]}"); fi
    if [[ -z ${ELECTRS_EXE:-} ]]; then wanted+=("${ELECTRS_PACKAGES[@]}"); fi
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]})); then install "${missing[@]}"; fi
    if ! command -v cargo >/dev/null; then
        echo "cargo is missing: install Rust with rustup (https://rustup.rs), then run this again" >&2
        exit 2
    fi
    cargo --version
}

installed() {
    [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install() {
    local line="apt-get update && apt-get install -y --no-install-recommends $*"
    local root=()
    if [[ $(id -u) != 0 ]]; then root=(sudo); fi
    if ! command -v apt-get >/dev/null || ! command -v "${root[@]:-env}" >/dev/null; then
        echo "missing packages; as root, run: $line" >&2
        exit 2
    fi
    echo "installing: $*"
    if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$line" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "the packages could not be installed; as root, run: $line" >&2
        exit 2
    fi
}

main
