// What takes too long is left on all ranks together, although their clocks differ.

#include <limits>

#include "fake_block_model.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

/// All ranks, whose time is up soon, but by their clocks not at the same moment.
class Hurried {
  public:
    Hurried() : comm_(world().get())
    {
        interrupt_.end_at(MPI_Wtime() + 0.2 + 0.1 * (world().rank() % 3));
        comm_.watch(interrupt_);
    }

    [[nodiscard]] const Communicator& comm() const noexcept { return comm_; }

  private:
    Interrupt interrupt_;
    Communicator comm_;
};

/// Bounds so loose that hardly a candidate is accepted: a look ahead never ends.
FakeBounds hopeless()
{
    FakeBounds bounds;
    bounds.least_headroom = bounds.most_headroom = 1e12;
    return bounds;
}

FakePhysics quiet(int tiles)
{
    FakePhysics physics;
    physics.tiles = tiles;
    physics.voxels_per_tile = 2;
    physics.rate = [](std::int64_t, int, double, double) { return 0.3; };
    return physics;
}

/// Barriers are gone and stay so: a cascade never ends.
FakePhysics avalanche(int tiles)
{
    auto physics = quiet(tiles);
    physics.barrier = [](std::int64_t voxel, double, const std::vector<int>&) { return voxel % 2 == 0 ? -0.1 : 1.0; };
    return physics;
}

RampedOptions slow()
{
    RampedOptions options;
    options.strain_rate = 1e-9;
    options.horizon = 1e-2;
    options.max_strain = 1.0;
    options.events_per_window = 1e6;
    options.max_rounds = std::numeric_limits<int>::max();
    options.max_generation = std::numeric_limits<std::int32_t>::max();
    return options;
}

FakeCell<2> cell()
{
    FakeCell<2> cell;
    cell.grid = {{132, 68}};
    cell.at = {{31, 31}, {32, 31}, {70, 31}, {131, 31}, {31, 32}, {32, 32}, {70, 32}, {131, 32}};
    return cell;
}

/// Whether a run is left, with a whole state, and how long that took [s]. Collective.
template <class Run>
std::pair<bool, double> left(Run& run)
{
    const double start = MPI_Wtime();
    try {
        for (;;) static_cast<void>(run.advance());
    } catch (const Interrupted& interrupted) {
        return {interrupted.state_is_whole(), MPI_Wtime() - start};
    }
}

constexpr double patience = 5.0;  // ranks share the processors

}  // namespace

TEST_CASE("exact: a look ahead that never ends and a cascade that never ends are left on all ranks", "[exact][interrupt]")
{
    for (const bool cascades : {false, true}) {
        const Hurried hurried;
        BoundedRun run(cascades ? avalanche(9) : quiet(9), cascades ? FakeBounds{} : hopeless(), hurried.comm(), slow());
        const auto [whole, seconds] = left(run);
        CAPTURE(cascades, seconds);
        REQUIRE(everywhere(whole && seconds < patience));
    }
}

TEST_CASE("sublattice: a turn of a block that never ends and a cascade that never ends are left on all ranks", "[sublattice][interrupt]")
{
    if (world().size() > 8) return;
    for (const bool cascades : {false, true}) {
        const Hurried hurried;
        SublatticeRun<2> run(cascades ? avalanche(8) : quiet(8), cascades ? FakeBounds{} : hopeless(), cell(), hurried.comm(), slow());
        const auto [whole, seconds] = left(run);
        CAPTURE(cascades, seconds);
        REQUIRE(everywhere(whole && seconds < patience));
    }
}

TEST_CASE("ranks agree to leave if the time of one is up, and without a limit they do not ask", "[interrupt]")
{
    Interrupt interrupt;
    Communicator comm(world().get());
    comm.watch(interrupt);
    leave_if_due(comm);
    REQUIRE(!comm.must_end());
    interrupt.end_at(MPI_Wtime() + (world().is_root() ? -1.0 : 1000.0));
    bool has_left = false;
    try {
        leave_if_due(comm);
    } catch (const Interrupted&) {
        has_left = true;
    }
    REQUIRE(everywhere(has_left));
    REQUIRE(everywhere(comm.must_end() == world().is_root()));
}
