# What tools/run and tools/test share: the packages, the build, and how MPI is started. To be sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SHEARWATER_BUILD:-$top/build}

# Installs the packages of a list that are missing. Argument: the list; none is tools/packages.txt.
install_missing_packages() {
    local list=${1:-$top/tools/packages.txt} wanted missing=()
    mapfile -t wanted < <(grep -v '^#' "$list")
    for package in "${wanted[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "Installing ${missing[*]}"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "These Debian packages are missing; install them as root: ${missing[*]}" >&2; exit 1; }
        sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Builds in $build. Arguments: the targets; none builds everything.
build_targets() {
    local targets=()
    for target in "$@"; do targets+=(--target "$target"); done
    cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
    cmake --build "$build" "${targets[@]}" >>"$build.log" 2>&1 || { tail -n 60 "$build.log" >&2; exit 1; }
}

# Open MPI refuses to run as root unless told twice; in a container there is no one else.
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Ranks share one machine here; libraries must not start threads of their own.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
