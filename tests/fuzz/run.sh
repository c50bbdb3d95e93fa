#!/usr/bin/env bash
# Fuzzes every decoder of core, the validator, and what the wallet reads from signers.
#
#   tests/fuzz/run.sh SECONDS [TARGET...]     SECONDS for each target; all targets if none is named
#
# Works on stable Rust: coverage comes from LLVM's instrumentation, without a sanitizer (the code has no unsafe of its own).
# Starts from tests/conformance, for single objects from the vectors as well, and for a PSBT from one with a field of each
# sort; what it finds new stays in the target directory. Input that fails is written to tests/fuzz/artifacts: turn it into a
# named test. `cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none TARGET` does the same.
set -euo pipefail

seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
cd "$(dirname "${BASH_SOURCE[0]}")"
targets=("$@")
if ((${#targets[@]} == 0)); then targets=(objects validate known parts proofs texts envelope); fi

host=$(rustc -vV | sed -n 's/^host: //p')
build=$(realpath -m "${CARGO_TARGET_DIR:-../../target}")/fuzz
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
RUSTFLAGS="$flags" cargo build --release --target "$host" --target-dir "$build" --bins

# Every byte string of the vectors, for every decoder: the first byte chooses it, modulo their number. What a decoder
# refuses at once is dropped.
mkdir -p "$build/seeds/objects"
grep -oEh '"bytes": "[0-9a-f]+"' ../vectors/*.json | cut -d'"' -f4 | sort -u | sed 's/../\\x&/g' | {
    number=0
    while read -r bytes; do
        for decoder in {0..23}; do
            printf -v first '\\x%02x' "$decoder"
            printf '%b' "$first$bytes" >"$build/seeds/objects/$number-$decoder"
        done
        number=$((number + 1))
    done
}

# The same PSBT as text and as bytes.
mkdir -p "$build/seeds/envelope"
cp seeds/envelope.txt "$build/seeds/envelope/text"
base64 -d seeds/envelope.txt >"$build/seeds/envelope/bytes"

for target in "${targets[@]}"; do
    mkdir -p "$build/corpus/$target" "artifacts/$target"
    seeds=()
    for folder in "$build/seeds/$target" ../conformance/cases; do
        if [[ -d $folder ]]; then seeds+=("$folder"); fi
    done
    "$build/$host/release/$target" "$build/corpus/$target" "${seeds[@]}" -max_total_time="$seconds" -rss_limit_mb=1024 \
        -max_len=65536 -timeout=10 -print_final_stats=1 -artifact_prefix="artifacts/$target/" 2>"$build/$target.log" ||
        { tail -40 "$build/$target.log" >&2; exit 1; }
    grep -E '^stat::(number_of_executed_units|peak_rss_mb)|cov: ' "$build/$target.log" | tail -3 | sed "s/^/$target: /"
done
