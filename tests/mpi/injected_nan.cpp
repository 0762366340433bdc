#include <limits>

#include <shearwater/core/error.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/sim/simulation.hpp>

#include "program.hpp"
#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

RunOptions small_run(const std::filesystem::path& folder, EngineKind engine)
{
    RunOptions options;
    options.kmc.engine = engine;
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

/// Goes on until an error, and says it.
std::string error_within(Simulation<2>& simulation, int steps)
{
    try {
        for (int step = 0; step < steps; ++step) simulation.advance();
    } catch (const RunError& error) {
        return error.what();
    }
    return "no error";
}

/// How soon an engine must notice.
struct Case {
    EngineKind engine;
    int steps;
};

}  // namespace

TEST_CASE("a NaN on one rank stops all ranks, which say step and voxel, and nothing is written", "[mpi]")
{
    // The exact engine looks at a tile when its stress has moved: after an event, as all are near here, or along the ramp.
    for (const auto& [engine, steps] : {Case{EngineKind::Reference, 1}, Case{EngineKind::Exact, 1000}}) {
        CAPTURE(static_cast<int>(engine));
        const test::TemporaryFolder folder(test::world());
        const Log silent(nullptr);
        Simulation<2> simulation(world(), silent, small_run(folder.path(), engine));
        simulation.prepare();
        const int last = world().size() - 1;
        const Tiles<2> tiles({{40, 32}}, Partition<2>({{40, 32}}, world().size()).box(last));
        const auto voxel = std::to_string(tiles.voxel_id(9));
        for (int step = 0; step < 50; ++step) simulation.advance();
        if (world().rank() == last) simulation.model().stress(1)[9] = std::numeric_limits<double>::quiet_NaN();
        const int files = files_below(folder.path());
        const auto error = error_within(simulation, steps);
        INFO(error);
        bool says_step = false;
        for (int step = 51; step <= 50 + steps; ++step)
            says_step = says_step || error.find("in step " + std::to_string(step) + " ") != std::string::npos;
        REQUIRE(test::everywhere(says_step));
        REQUIRE(test::everywhere(error.find("the rate of voxel " + voxel + " is not a finite number") != std::string::npos));
        REQUIRE(test::everywhere(files_below(folder.path()) == files));
    }
}

TEST_CASE("a NaN that comes up between the last step and a snapshot is not written", "[mpi]")
{
    for (const EngineKind engine : {EngineKind::Reference, EngineKind::Exact}) {
        CAPTURE(static_cast<int>(engine));
        const test::TemporaryFolder folder(test::world());
        const Log silent(nullptr);
        auto options = small_run(folder.path(), engine);
        options.max_events = 1;
        Simulation<2> simulation(world(), silent, options);
        simulation.prepare();
        if (world().is_root()) simulation.model().stress(0)[0] = std::numeric_limits<double>::infinity();
        CHECK_THROWS_AS(simulation.run(), RunError);
        REQUIRE(test::everywhere(std::filesystem::is_empty(folder.path() / "out" / "snapshots")));
    }
}
