#include <limits>

#include <shearwater/core/error.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/sim/simulation.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

RunOptions small_run(const std::filesystem::path& folder)
{
    RunOptions options;
    options.lattice.size = {40, 32};
    options.elasticity.elements_per_voxel = 1;
    options.output.folder = (folder / "out").string();
    return options;
}

int files_below(const std::filesystem::path& folder)
{
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) files += entry.is_regular_file() ? 1 : 0;
    return files;
}

/// What the error says after a NaN in one stress of the last rank, and whether any snapshot or summary was written.
std::string error_after_nan(Simulation<2>& simulation)
{
    for (int step = 0; step < 50; ++step) simulation.advance();
    if (world().rank() == world().size() - 1) simulation.model().stress(1)[9] = std::numeric_limits<double>::quiet_NaN();
    try {
        simulation.advance();
    } catch (const RunError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a NaN on one rank stops all ranks, which say step and voxel, and nothing is written", "[mpi]")
{
    const test::TemporaryFolder folder;
    const Log silent(nullptr);
    Simulation<2> simulation(world(), silent, small_run(folder.path()));
    simulation.prepare();
    const int last = world().size() - 1;
    const Tiles<2> tiles({{40, 32}}, Partition<2>({{40, 32}}, world().size()).box(last));
    const auto voxel = std::to_string(tiles.voxel_id(9));
    const int files = files_below(folder.path());
    const auto error = error_after_nan(simulation);
    INFO(error);
    REQUIRE(test::everywhere(error.find("in step 51") != std::string::npos));
    REQUIRE(test::everywhere(error.find("the rate of voxel " + voxel + " is not a finite number") != std::string::npos));
    REQUIRE(test::everywhere(files_below(folder.path()) == files));
}

TEST_CASE("a NaN that comes up between the last step and a snapshot is not written", "[mpi]")
{
    const test::TemporaryFolder folder;
    const Log silent(nullptr);
    auto options = small_run(folder.path());
    options.max_events = 1;
    Simulation<2> simulation(world(), silent, options);
    simulation.prepare();
    if (world().is_root()) simulation.model().stress(0)[0] = std::numeric_limits<double>::infinity();
    CHECK_THROWS_AS(simulation.run(), RunError);
    REQUIRE(test::everywhere(std::filesystem::is_empty(folder.path() / "out" / "snapshots")));
}
