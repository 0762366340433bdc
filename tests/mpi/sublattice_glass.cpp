#include <shearwater/engine/sublattice/sublattice_glass.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <shearwater/engine/thinning/candidate_queue.hpp>
#include <shearwater/parallel/reductions.hpp>

#include "fake_run.hpp"
#include "support.hpp"

/// The glass of the sublattice engine, with blocks that have their turns one after the other and at the same time.

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::identical;
using shearwater::test::world;

namespace {

constexpr Grid<2> grid{{128, 128}};
constexpr int block_edge = 32;  // so that there are 4 x 4 blocks
constexpr std::uint64_t seed = 11;
constexpr double strain = 0.02;
/// A load that is held.
const Window held{{}, strain, strain, 1e-3, false, 1e4};

/// A glass in which much happens: hot and under stress.
struct Scene {
    Blocks<2> blocks{grid, block_edge};
    Partition<2> partition{blocks, world().size()};
    Tiles<2> tiles{grid, partition.box(world().rank())};
    CatalogueOptions options;
    Catalogue<2> catalogue{options, seed};
    ActivationOptions activation{.temperature = 700.0};
    SofteningOptions softening;
    ElasticityOptions elasticity{.elements_per_voxel = 1};
    Moduli moduli = moduli_of<2>(elasticity.young, elasticity.poisson, elasticity.plane);
    ElasticCell<2> cell{
        world(), partition, elasticity, std::make_unique<ElasticSolver<2>>(world(), partition, 1, std::vector{moduli}, elasticity.rtol), {moduli}};
    Loading<2> loading{LoadingOptions().protocol->prescribe({}), cell.mean_stiffness()};
    SublatticeGlass<2> model{tiles, catalogue, activation, softening, cell, loading, blocks, partition, FarUpdate::Expansions};
};

/// A block and how far it has come.
class Advance {
  public:
    using Queue = CandidateQueue<SublatticeGlass<2>::Thinned>;

    /// Takes in whatever has been announced, also what comes later.
    Advance(Scene& scene, int block) : running_(scene.model.start(block)), queue_(world(), seed, scene.model.tiles_of(block))
    {
        running_.take_arrivals(held.now + held.duration);
    }

    /// Carries out the next event of the block. @return whether there was one within the window
    bool advance()
    {
        for (;;) {
            Window window = held;
            window.now = now_;
            window.duration = held.now + held.duration - now_;
            auto next = queue_.begin(running_.thinned(), window);
            queue_.search_critical(running_.thinned(), window, Queue::nothing, next);
            if (next.kind != Outcome::Kind::Athermal) queue_.search_candidates(running_.thinned(), window, false, next);
            if (next.kind == Outcome::Kind::Elapsed) return false;
            now_ = now_ + (next.kind == Outcome::Kind::Athermal ? 0.0 : next.delay);
            if (next.kind == Outcome::Kind::Critical) continue;
            running_.carry_out(next.event);
            events_.push_back(next.event);
            return true;
        }
    }

    [[nodiscard]] const std::vector<Event>& events() const noexcept { return events_; }

  private:
    SublatticeGlass<2>::Block running_;
    Queue queue_;
    PreciseTime now_;
    std::vector<Event> events_;
};

/// Blocks of this rank with one colour.
std::vector<int> blocks_of_colour(const Scene& scene, int colour)
{
    std::vector<int> found;
    for (int block = 0; block < scene.model.block_count(); ++block)
        if (scene.blocks.colour(scene.model.block_id(block)) == colour) found.push_back(block);
    return found;
}

/// Announces what has happened in one phase to the blocks of all ranks. Collective.
void announce(Scene& scene)
{
    Traffic ignored;
    auto sources = gather_all(world(), scene.model.take_boundary(), ignored);
    std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return precedes(a, b); });
    scene.model.announce(sources);
}

constexpr int most_events = 40;  ///< of a block in its turn

/// Events of all blocks, colour by colour, those of one colour one after the other. Collective.
std::vector<Event> one_by_one(Scene& scene)
{
    std::vector<Event> events;
    scene.model.follow_load(held);
    for (int colour = 0; colour < scene.blocks.colours(); ++colour) {
        for (const int block : blocks_of_colour(scene, colour)) {
            Advance advance(scene, block);
            for (int i = 0; i < most_events && advance.advance(); ++i) continue;
            events.insert(events.end(), advance.events().begin(), advance.events().end());
        }
        announce(scene);
    }
    return events;
}

/// The same with all blocks of one colour in progress at once, which advance event by event in turn.
std::vector<Event> at_once(Scene& scene)
{
    std::vector<Event> events;
    scene.model.follow_load(held);
    for (int colour = 0; colour < scene.blocks.colours(); ++colour) {
        std::vector<std::unique_ptr<Advance>> advances;
        for (const int block : blocks_of_colour(scene, colour)) advances.push_back(std::make_unique<Advance>(scene, block));
        std::vector<bool> goes_on(advances.size(), true);
        for (int i = 0; i < most_events; ++i)
            for (std::size_t block = advances.size(); block-- > 0;) goes_on[block] = goes_on[block] && advances[block]->advance();
        for (const auto& advance : advances) events.insert(events.end(), advance->events().begin(), advance->events().end());
        advances.clear();
        announce(scene);
    }
    return events;
}

/// Commits what has happened, and has all tiles catch up with it. Collective.
void commit(Scene& scene, const std::vector<Event>& events)
{
    auto& model = scene.model;
    for (int block = 0; block < model.block_count(); ++block) model.start(block).take_arrivals(held.now + held.duration);
    SublatticeGlass<2>::Codes codes{};
    for (const Event& event : events)
        for (std::size_t a = 0; a < codes.size(); ++a) codes[a] += model.codes_of(event)[a];
    for (auto& code : codes) code = sum(world(), code);
    const auto sources = sum(world(), model.source_count());
    auto cycle = model.end_cycle(sources, sum(world(), static_cast<std::int64_t>(events.size())));
    std::vector<std::int64_t> sums(cycle.numbers().begin(), cycle.numbers().end());
    for (auto& number : sums) number = sum(world(), number);
    std::move(cycle).carry_out(codes, sums);
    (void)model.accumulated_stress();
}

}  // namespace

TEST_CASE("blocks that do not touch may be in progress at once", "[mpi][sublattice_glass]")
{
    Scene scene;
    Scene other;
    const auto expected = one_by_one(scene);
    const auto found = at_once(other);
    const bool same_events = expected.size() == found.size() && std::equal(expected.begin(), expected.end(), found.begin(), identical);
    CHECK(sum(world(), static_cast<std::int64_t>(expected.size())) > 100);
    CHECK(everywhere(same_events));
    commit(scene, expected);
    commit(other, found);
    CHECK(everywhere(scene.model.eigenstrain() == other.model.eigenstrain()));
    CHECK(everywhere(scene.model.stress(0) == other.model.stress(0) && scene.model.stress(1) == other.model.stress(1)));
    CHECK(scene.model.mean_state(strain).stress == other.model.mean_state(strain).stress);
}
