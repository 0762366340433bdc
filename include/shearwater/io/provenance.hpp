#pragma once

#include <string>

namespace shearwater {

/// Where results come from: versions of the program and of the libraries it runs with.
struct Provenance {
    std::string version;   ///< of the program
    std::string git_hash;  ///< of the sources, "unknown" outside a checkout, with "-dirty" if they differ from it
    std::string compiler;
    std::string mpi;
    std::string petsc;
    std::string hdf5;
    std::string fftw;
};

[[nodiscard]] Provenance provenance();

/// One line per item, for --version.
[[nodiscard]] std::string print(const Provenance& provenance);

}  // namespace shearwater
