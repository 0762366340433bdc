# What the examples share: the program, the folder of results, runs and pictures. To be sourced by examples/NAME/run.

here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
source "$here/../../tools/common.sh"

if [ -e "$here/out" ]; then
    echo "$here/out holds the results of an earlier run; move or remove it first" >&2
    exit 1
fi
if [ ! -x "$build/shearwater" ]; then
    install_missing_packages
    echo "Building in $build"
    build_targets shearwater
fi
mkdir "$here/out"
cd "$here/out"

# Runs the deck of the example. Arguments: the name of the output folder, then words for the program. RANKS=N sets the number of MPI ranks (default 2).
run_deck() {
    local name=$1
    shift
    "$build/mpiexec" -n "${RANKS:-2}" "$build/shearwater" "$here/deck.cfg" --output="$name" "$@"
}
