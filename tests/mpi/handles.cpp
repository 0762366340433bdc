#include <utility>

#include <shearwater/hdf5/handle.hpp>
#include <shearwater/petsc/handles.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

PetscInt references(Vec vector)
{
    PetscInt count = 0;
    SHEARWATER_PETSC(PetscObjectGetReference(reinterpret_cast<PetscObject>(vector), &count));
    return count;
}

}  // namespace

TEST_CASE("a PETSc handle gives back exactly its own reference", "[handles]")
{
    Vec raw = nullptr;
    SHEARWATER_PETSC(VecCreateMPI(world().get(), 3, PETSC_DETERMINE, &raw));
    for (int other = 0; other < 3; ++other) SHEARWATER_PETSC(PetscObjectReference(reinterpret_cast<PetscObject>(raw)));
    CHECK(references(raw) == 4);
    {
        PetscVector first(raw);
        PetscVector second(std::move(first));
        CHECK_FALSE(first);
        PetscVector third;
        third = std::move(second);
        CHECK(third.get() == raw);
        CHECK(references(raw) == 4);
    }
    CHECK(references(raw) == 3);
    for (int other = 0; other < 3; ++other) {
        Vec copy = raw;
        VecDestroy(&copy);
    }
}

TEST_CASE("an HDF5 handle closes its identifier once, also after a move", "[handles]")
{
    const hid_t raw = H5Screate(H5S_SCALAR);
    H5Iinc_ref(raw);
    {
        Hdf5Handle first(raw, H5Sclose, "H5Screate");
        const Hdf5Handle second(std::move(first));
        CHECK(H5Iget_ref(raw) == 2);
    }
    CHECK(H5Iget_ref(raw) == 1);
    H5Sclose(raw);
    CHECK_THROWS(Hdf5Handle(-1, H5Sclose, "a call that failed"));
}
