#include <shearwater/io/provenance.hpp>

#include <array>

#include <fftw3.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <petscsys.h>

#include "git_hash.hpp"

namespace shearwater {

Provenance provenance()
{
    Provenance p;
    p.version = SHEARWATER_VERSION;
    p.git_hash = SHEARWATER_GIT_HASH;
    p.compiler = fmt::format("{} {}", SHEARWATER_COMPILER, __VERSION__);
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> mpi{};
    int length = 0;
    MPI_Get_library_version(mpi.data(), &length);
    p.mpi = std::string(mpi.data(), length);
    p.mpi = p.mpi.substr(0, p.mpi.find(','));
    std::array<char, 256> petsc{};
    PetscGetVersion(petsc.data(), petsc.size());
    p.petsc = petsc.data();
    p.petsc = p.petsc.substr(0, p.petsc.find(','));
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    p.hdf5 = fmt::format("HDF5 {}.{}.{}", major, minor, release);
    p.fftw = fftw_version;
    return p;
}

std::string print(const Provenance& p)
{
    return fmt::format("shearwater {} ({})\n{}\n{}\n{}\n{}\n{}\n", p.version, p.git_hash, p.compiler, p.mpi, p.petsc, p.hdf5, p.fftw);
}

}  // namespace shearwater
