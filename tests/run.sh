#!/usr/bin/env bash
# Runs every test against a real bitcoind and a real electrs. The one test command of this repository.
#
#   tests/run.sh          what fits the time budget; names the long tests it leaves out
#   tests/run.sh --long   the long tests too (those marked #[ignore = "long: ..."])
#
# Installs what is missing by apt, builds the servers once into ${XDG_CACHE_HOME:-~/.cache}/bulla.
# BITCOIND_EXE and ELECTRS_EXE name servers to use instead. Exits 2 when something is missing that it cannot install.
set -euo pipefail

long=no
stage=arguments
log=$(mktemp)
BULLA_SCENARIOS_RAN=$(mktemp)
readonly log BULLA_SCENARIOS_RAN
export BULLA_SCENARIOS_RAN
summary=()

finish() {
    local status=$?
    rm -f "$log" "$BULLA_SCENARIOS_RAN"
    if ((status != 0)); then echo "FAILED: $stage" >&2; fi
}
trap finish EXIT

main() {
    parse "$@"
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    stage "prerequisites" 5 tests/prerequisites.sh
    stage "servers" 20 servers
    stage "builds" 25 builds
    stage "tests" 30 tests
    stage "fuzz" 8 fuzz
    print_summary
}

parse() {
    for argument in "$@"; do
        case $argument in
            --long) long=yes ;;
            *) echo "unknown argument $argument; usage: tests/run.sh [--long]" >&2; exit 2 ;;
        esac
    done
}

# stage NAME BUDGET COMMAND: runs COMMAND, and notes its time beside its budget in minutes.
stage() {
    local name=$1 budget=$2 run=$3 start=$SECONDS
    stage=$name
    echo
    echo "== $name"
    "$run"
    local spent=$((SECONDS - start)) note=
    if ((spent > budget * 60)); then note="  OVER BUDGET"; fi
    summary+=("$(printf '%-14s %3dm%02ds of %2dm%s' "$name" $((spent / 60)) $((spent % 60)) "$budget" "$note")")
}

servers() {
    local path
    if [[ -z ${BITCOIND_EXE:-} ]]; then
        path=$(tests/servers/bitcoind/build.sh)
        export BITCOIND_EXE=$path
    fi
    if [[ -z ${ELECTRS_EXE:-} ]]; then
        path=$(tests/servers/electrs/build.sh)
        export ELECTRS_EXE=$path
    fi
    print_servers
}

print_servers() {
    local bitcoind electrs
    bitcoind=$("$BITCOIND_EXE" --version)
    electrs=$("$ELECTRS_EXE" --version)
    echo "bitcoind: ${bitcoind%%$'\n'*} ($BITCOIND_EXE)"
    echo "electrs:  electrs ${electrs%%$'\n'*} ($ELECTRS_EXE)"
}

# First whether the fuzz targets, which no workspace build sees, still fit. The program twice: as it is, and with the
# points at which a test kills it.
builds() {
    local target=${CARGO_TARGET_DIR:-target}
    cargo check --manifest-path tests/fuzz/Cargo.toml --target-dir "$target/fuzz" --locked
    mkdir -p "$target/crash-points"
    cargo build --workspace --bins --features bulla/crash-points --locked
    cp "$target/debug/bulla" "$target/crash-points/bulla"
    cargo build --workspace --all-targets --locked
    BULLA_CRASH_EXE=$(realpath "$target/crash-points/bulla")
    BULLA_EXE=$(realpath "$target/debug/bulla")
    export BULLA_CRASH_EXE BULLA_EXE
}

tests() {
    local failed=no ignored=()
    if [[ $long == yes ]]; then ignored=(--include-ignored); fi
    # Most tests wait for a server most of the time.
    export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(nproc)))}
    cargo test --workspace --all-targets --locked --no-fail-fast -- "${ignored[@]}" || failed=yes
    cargo test --workspace --doc --locked || failed=yes
    cargo test -p bulla-core --no-default-features --lib --test conformance --locked || failed=yes
    count_scenarios || failed=yes
    [[ $failed == no ]]
}

# Ten seconds for each target, ten minutes with --long. What it finds is written to tests/fuzz/artifacts.
fuzz() {
    local seconds=10
    if [[ $long == yes ]]; then seconds=600; fi
    tests/fuzz/run.sh "$seconds"
}

# Each scenario must have run on each source.
count_scenarios() {
    local declared source ran missing=no
    declared=$(<tests/scenarios.count)
    for source in sandbox bitcoind electrs; do
        ran=$(grep "^$source " "$BULLA_SCENARIOS_RAN" | sort -u | wc -l)
        echo "scenarios on $source: $ran of $declared"
        if ((ran != declared)); then missing=yes; fi
    done
    [[ $missing == no ]]
}

print_summary() {
    echo
    echo "== summary"
    print_servers
    count_scenarios
    if [[ $long == no ]]; then print_not_run; fi
    printf '%s\n' "${summary[@]}"
    echo "all tests passed"
}

# Names the long tests, which only --long runs.
print_not_run() {
    local names
    names=$(cargo test --workspace --lib --bins --tests --locked --quiet -- --ignored --list 2>"$log" |
        sed -n 's/: test$//p')
    if [[ -n $names ]]; then
        echo "not run (tests/run.sh --long runs them):"
        sed 's/^/  /' <<<"$names"
    else
        echo "not run: nothing"
    fi
}

main "$@"
