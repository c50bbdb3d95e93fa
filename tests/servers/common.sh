# Shared by the scripts that build the servers; sourced, not run.

readonly CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/bulla"

# build_once KEY PROGRAM BUILD: prints the path of PROGRAM in the cache. When KEY is not there yet, calls
# `BUILD DIR` to fill a temporary folder first, and renames it only when all of it is there.
build_once() {
    local key=$1 program=$2 build=$3
    local home="$CACHE/$key" work="$CACHE/.$key.unfinished"
    mkdir -p "$CACHE"
    exec 9>"$CACHE/.$key.lock"
    flock 9
    if [[ ! -x "$home/bin/$program" ]]; then
        rm -rf "$work" "$home"
        mkdir -p "$work/bin"
        "$build" "$work" >&2 9>&-
        find "$work" -mindepth 1 -maxdepth 1 ! -name bin -exec rm -rf {} +
        mv -T "$work" "$home"
    fi
    exec 9>&-
    echo "$home/bin/$program"
}
