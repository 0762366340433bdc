#pragma once

#include <string>
#include <vector>

namespace shearwater {

/// The version of a part of the program, under the name that results record it by.
struct VersionOf {
    std::string name;
    std::string version;
};

/// Versions of the program and of the libraries that it uses, recorded with all results: `version` and `git_hash` of the program (with "-dirty" if the
/// sources differ from the commit; "unknown" outside a checkout), `compiler`, `mpi`, `petsc`, `hdf5`, `fftw`. Not collective.
[[nodiscard]] std::vector<VersionOf> provenance();

/// The same as a text with one item on each line, for --version.
[[nodiscard]] std::string print_provenance();

}  // namespace shearwater
