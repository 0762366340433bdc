#pragma once

#include <string>

namespace shearwater {

/// Versions of the program and of the libraries that it uses, recorded with all results.
struct Provenance {
    std::string version;   ///< version of the program
    std::string git_hash;  ///< git hash of the sources, with "-dirty" if they differ from the commit; "unknown" outside a checkout
    std::string compiler;
    std::string mpi;
    std::string petsc;
    std::string hdf5;
    std::string fftw;
};

/// The versions in use. Not collective.
[[nodiscard]] Provenance provenance();

/// The versions as a text with one item on each line, for --version.
[[nodiscard]] std::string print(const Provenance& provenance);

}  // namespace shearwater
