// Runs the Catch2 tests of one program inside MPI and PETSc. Ranks other than 0 print only when they fail.

#define CATCH_CONFIG_RUNNER
#include <cstdio>
#include <optional>

#include <shearwater/parallel/session.hpp>
#include <shearwater/petsc/session.hpp>

#include "support.hpp"

namespace shearwater::test {

namespace {
std::optional<Communicator> the_world;
}

const Communicator& world()
{
    return *the_world;
}

}  // namespace shearwater::test

int main(int argc, char** argv)
{
    const shearwater::MpiSession session(argc, argv);
    shearwater::test::the_world.emplace(session.world());
    if (!shearwater::test::world().is_root() && std::freopen("/dev/null", "w", stdout) == nullptr) return 1;
    int result = 0;
    {
        const shearwater::PetscSession petsc(shearwater::test::world(), {});
        result = Catch::Session().run(argc, argv);
    }
    shearwater::test::the_world.reset();
    return result;
}
