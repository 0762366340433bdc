#include <shearwater/io/provenance.hpp>

#include <array>

#include <fftw3.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <petscsys.h>

#include "git_hash.hpp"

namespace shearwater {

namespace {

/// The part of a text before its first comma.
std::string before_comma(const std::string& text)
{
    return text.substr(0, text.find(','));
}

}  // namespace

std::vector<VersionOf> provenance()
{
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> mpi{};
    int length = 0;
    MPI_Get_library_version(mpi.data(), &length);
    std::array<char, 256> petsc{};
    PetscGetVersion(petsc.data(), petsc.size());
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return {{"version", SHEARWATER_VERSION},
            {"git_hash", SHEARWATER_GIT_HASH},
            {"compiler", fmt::format("{} {}", SHEARWATER_COMPILER, __VERSION__)},
            {"mpi", before_comma(std::string(mpi.data(), length))},
            {"petsc", before_comma(petsc.data())},
            {"hdf5", fmt::format("HDF5 {}.{}.{}", major, minor, release)},
            {"fftw", fftw_version}};
}

std::string print_provenance()
{
    const auto versions = provenance();
    auto text = fmt::format("shearwater {} ({})\n", versions[0].version, versions[1].version);
    for (std::size_t i = 2; i < versions.size(); ++i) text += versions[i].version + "\n";
    return text;
}

}  // namespace shearwater
