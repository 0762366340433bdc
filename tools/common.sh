# What tools/run, tools/test and checks share: the packages and the build. To be sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SHEARWATER_BUILD:-$top/build}

# Installs the packages of lists that are missing. Arguments: the lists; none is tools/packages.txt.
install_missing_packages() {
    [ $# -gt 0 ] || set -- "$top/tools/packages.txt"
    local wanted missing=()
    mapfile -t wanted < <(grep -hv '^#' "$@")
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

# How all that is built here is configured: with the developers' warnings, as errors.
strict=(-G Ninja -DCMAKE_BUILD_TYPE=Release -DSHEARWATER_WARNINGS=ON -DCMAKE_COMPILE_WARNING_AS_ERROR=ON)

# Builds in $build. Arguments: the targets; none builds everything.
build_targets() {
    local targets=()
    for target in "$@"; do targets+=(--target "$target"); done
    cmake -S "$top" -B "$build" "${strict[@]}" >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
    cmake --build "$build" "${targets[@]}" >>"$build.log" 2>&1 || { tail -n 60 "$build.log" >&2; exit 1; }
}

# Ranks share one machine here; libraries must not start threads of their own.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
