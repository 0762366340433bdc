#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/sublattice/sublattice.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/parallel/reductions.hpp>

#include "fake_bounded_model.hpp"
#include "fake_run.hpp"

namespace shearwater::test {

/// Where the tiles of a fake lattice lie in a grid that is cut into blocks, and what else only the sublattice engine asks.
template <int Dim>
struct FakeCell {
    Grid<Dim> grid;
    int block = 2 * halo_width<Dim>;  ///< wanted edge of a block [voxels]
    std::vector<Index<Dim>> at;       ///< voxel of the grid at which each tile lies, with all its voxels

    double burst_age = 0.0;  ///< a voxel whose last event is less old is in a burst [s]

    /// Events of a cycle as one of them sees them.
    struct Others {
        std::int64_t before;       ///< come before it
        std::int64_t long_before;  ///< by as much as shorter intervals would help with
        std::int64_t all;
    };
    /// Missed exponents of an event in a cycle of so many seconds. Without it events miss nothing.
    std::function<Missed(const Event& event, double cycle_seconds, const Others& others)> missed;
};

/// A voxel that has transformed, as blocks and ranks tell each other.
struct FakeSource {
    PreciseTime time;
    std::int64_t voxel = -1;  ///< of the grid
    std::int64_t block = -1;
    std::int64_t number = 0;  ///< of events of its rank in the cycle before
    std::int64_t who = -1;    ///< the fake lattice's number of it
};

[[nodiscard]] inline bool precedes(const FakeSource& a, const FakeSource& b) noexcept
{
    if (a.time < b.time || b.time < a.time) return a.time < b.time;
    return std::pair(a.block, a.number) < std::pair(b.block, b.number);
}

/// What SublatticeEngine asks of BlockGlass, of a fake lattice: a block knows of its own events at once, of those within `halo_width` of it when it
/// takes them in, and of all when the cycle is committed. It keeps a record of what the engine does.
template <int Dim>
class FakeBlockModel : public FakeBoundedModel {
  public:
    static constexpr int dimension = Dim;
    using Source = FakeSource;

    /// A source that was taken in.
    struct Arrival {
        std::int64_t block;  ///< that took it in
        Source source;
        PreciseTime until;  ///< time up to which it took in sources
    };

    /// Keeps references to the blocks and `comm`.
    FakeBlockModel(const FakePhysics& physics, const FakeBounds& bounds, FakeCell<Dim> cell, const Blocks<Dim>& blocks,
                   const Partition<Dim>& partition, const Communicator& comm)
        : FakeBoundedModel(physics, bounds, tiles_in(cell, partition.box(comm.rank()))),
          cell_(std::move(cell)),
          blocks_(blocks),
          comm_(comm),
          block_of_tile_(physics.tiles, -1)
    {
        const auto mine = partition.box(comm.rank());
        for (std::int64_t block = 0; block < blocks.count(); ++block)
            if (mine.contains(blocks.box(block).begin)) blocks_here_.push_back({block, {}, events_, {}, 0});
        for (int tile = 0; tile < tile_count(); ++tile) {
            int& here = block_of_tile_[mine_[tile]];
            while (blocks_here_[++here].id != blocks.block_of(cell_.at[mine_[tile]])) continue;
            blocks_here_[here].tiles.push_back(tile);
        }
    }

    [[nodiscard]] int block_count() const noexcept { return static_cast<int>(blocks_here_.size()); }
    [[nodiscard]] std::int64_t block_id(int block) const noexcept { return blocks_here_[block].id; }
    [[nodiscard]] const std::vector<int>& tiles_of(int block) const noexcept { return blocks_here_[block].tiles; }

    void begin(const Window& window)
    {
        window_ = window;
        if (window.duration > 0.0 || window.now == cycle_end_) return;
        cycle_seconds_ = window.now - cycle_end_;
        cycle_end_ = window.now;
    }

    /// As with the glass, a tile whose rate is not finite is not reported again until something else happens to it.
    [[nodiscard]] std::vector<int> take_expired(int block)
    {
        for (const int tile : tiles_of(block))
            if (std::isfinite(bound(tile)) && !holds(tile)) expire(tile);
        std::vector<int> taken;
        std::vector<int> left;
        for (const int tile : FakeBoundedModel::take_expired(0)) (block_of_tile_[mine_[tile]] == block ? taken : left).push_back(tile);
        put_back(std::move(left));
        return taken;
    }

    /// With a reversal in every third voxel, so that there are some to count.
    [[nodiscard]] Event event(const Place& place, double delay, bool athermal) const
    {
        Event event = FakeBoundedModel::event(place, delay, athermal);
        event.reversal = event.voxel % 3 == 0 ? 1 : 0;
        return event;
    }

    void enter(int block)
    {
        running_ = block;
        turns_.push_back(block_id(block));
    }
    void leave() noexcept { running_ = -1; }
    void keep_past(bool /*keeps*/) noexcept {}

    void carry_out(const Event& event)
    {
        const auto tile = event.voxel / physics_.voxels_per_tile;
        SHEARWATER_EXPECTS(running_ >= 0 && block_of_tile_[tile] == running_);
        auto& block = blocks_here_[running_];
        apply(std::span(&event, 1));
        ++block.seen[event.voxel];
        boundary_.push_back({event.time, blocks_.grid().id(cell_.at[tile]), block.id, static_cast<std::int64_t>(cycle_.size()), event.voxel});
        cycle_.push_back(event);
    }

    [[nodiscard]] std::vector<Source> take_boundary() { return std::exchange(boundary_, {}); }

    void announce(std::span<const Source> sources)
    {
        for (auto& block : blocks_here_) {
            for (const Source& source : sources)
                if (block.id != source.block && is_within(blocks_.grid(), blocks_.grid().index(source.voxel), blocks_.box(block.id), halo_width<Dim>))
                    block.arrivals.push_back(source);
            std::stable_sort(block.arrivals.begin() + static_cast<std::ptrdiff_t>(block.arrived), block.arrivals.end(),
                             [](const Source& a, const Source& b) { return a.time < b.time; });
        }
    }

    [[nodiscard]] PreciseTime next_arrival(int block) const
    {
        const auto& here = blocks_here_[block];
        return here.arrived < here.arrivals.size() ? here.arrivals[here.arrived].time : PreciseTime(std::numeric_limits<double>::infinity());
    }

    void take_arrivals(int block, const PreciseTime& until)
    {
        auto& here = blocks_here_[block];
        for (; here.arrived < here.arrivals.size() && !(until < here.arrivals[here.arrived].time); ++here.arrived) {
            const Source& source = here.arrivals[here.arrived];
            ++here.seen[source.who];
            taken_.push_back({here.id, source, until});
        }
    }

    [[nodiscard]] bool is_fresh(const Event& event) const { return is_in_burst(static_cast<int>(event.voxel), event.time); }

    void forecast(int block, BurstForecast& bursts) const
    {
        for (const int tile : tiles_of(block))
            for_each_voxel(tile, [&](int voxel) {
                if (!is_in_burst(voxel, window_.now)) bursts.add(computed_rate(voxel));
            });
    }

    [[nodiscard]] std::int64_t source_count() const
    {
        std::set<std::int64_t> voxels;
        for (const Event& event : cycle_) voxels.insert(event.voxel);
        return static_cast<std::int64_t>(voxels.size());
    }

    using Codes = std::array<std::int64_t, 5>;
    [[nodiscard]] Codes codes_of(const Event& event) const noexcept { return {1, event.voxel, event.mode, event.athermal, event.generation}; }

    /// Asks for the number of events and the sum of the voxels.
    [[nodiscard]] std::span<const std::int64_t> begin_commit(std::int64_t sources, std::int64_t /*events*/)
    {
        sources_ = sources;
        asked_for_ = {static_cast<std::int64_t>(cycle_.size()), 0};
        for (const Event& event : cycle_) asked_for_[1] += event.voxel;
        return asked_for_;
    }

    /// Tells all blocks of all events of the cycle. Collective. @throws std::logic_error if codes, sums and number of voxels are not theirs
    void commit(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums)
    {
        const auto mine = std::exchange(cycle_, {});
        const auto bytes = gather_all(comm_, std::as_bytes(std::span<const Event>(mine)));
        std::vector<Event> all(bytes.size() / sizeof(Event));
        std::memcpy(all.data(), bytes.data(), bytes.size());
        Codes expected{};
        std::set<std::int64_t> voxels;
        for (const Event& event : all) {
            for (std::size_t a = 0; a < expected.size(); ++a) expected[a] += codes_of(event)[a];
            voxels.insert(event.voxel);
            if (block_of_tile_[event.voxel / physics_.voxels_per_tile] < 0) ++events_[event.voxel];
        }
        SHEARWATER_EXPECTS(std::equal(codes.begin(), codes.end(), expected.begin(), expected.end()));
        SHEARWATER_EXPECTS(sources_ == static_cast<std::int64_t>(voxels.size()));
        SHEARWATER_EXPECTS(sums.size() == 2 && sums[0] == std::ssize(all) && sums[1] == expected[1]);
        for (auto& block : blocks_here_) {
            SHEARWATER_EXPECTS(block.arrived == block.arrivals.size());
            block.seen = events_;
            block.arrivals.clear();
            block.arrived = 0;
        }
        ++commits_;
    }

    static constexpr int missed_terms = 3;
    void add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, std::int64_t* terms) const
    {
        for (const BlockEvent& other : events) {
            terms[0] += shearwater::precedes(other, target) ? 1 : 0;
            ++terms[1];
            terms[2] += shearwater::precedes(other, target) && target.event.time - other.event.time > curable ? 1 : 0;
        }
    }
    [[nodiscard]] Missed missed(const BlockEvent& target, const std::int64_t* terms) const
    {
        return cell_.missed ? cell_.missed(target.event, cycle_seconds_, {terms[0], terms[2], terms[1]}) : Missed{};
    }

    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

    /// Blocks of this rank in the order of their turns, since this was asked last.
    [[nodiscard]] std::vector<std::int64_t> take_turns() { return std::exchange(turns_, {}); }
    /// Sources in the order in which they were taken in, since this was asked last.
    [[nodiscard]] std::vector<Arrival> take_taken() { return std::exchange(taken_, {}); }
    [[nodiscard]] int commits() const noexcept { return commits_; }

  protected:
    [[nodiscard]] const std::vector<int>& seen_by(int voxel) const override
    {
        return blocks_here_[block_of_tile_[voxel / physics_.voxels_per_tile]].seen;
    }

  private:
    struct BlockHere {
        std::int64_t id;
        std::vector<int> tiles;
        std::vector<int> seen;  ///< number of events of each voxel that it knows of
        std::vector<Source> arrivals;
        std::size_t arrived;  ///< of them have been taken in
    };

    [[nodiscard]] static std::vector<int> tiles_in(const FakeCell<Dim>& cell, const Box<Dim>& box)
    {
        std::vector<int> tiles;
        for (std::size_t tile = 0; tile < cell.at.size(); ++tile)
            if (box.contains(cell.at[tile])) tiles.push_back(static_cast<int>(tile));
        return tiles;
    }

    [[nodiscard]] bool is_in_burst(int voxel, const PreciseTime& time) const { return events_[voxel] > 0 && time - last_[voxel] < cell_.burst_age; }

    FakeCell<Dim> cell_;
    const Blocks<Dim>& blocks_;
    const Communicator& comm_;
    std::vector<int> block_of_tile_;  ///< place in `blocks_here_`; −1 on other ranks
    std::vector<BlockHere> blocks_here_;
    int running_ = -1;
    std::vector<Source> boundary_;
    std::vector<Event> cycle_;
    PreciseTime cycle_end_;
    double cycle_seconds_ = 0.0;
    int commits_ = 0;
    std::int64_t sources_ = 0;
    std::array<std::int64_t, 2> asked_for_{};
    std::vector<std::int64_t> turns_;
    std::vector<Arrival> taken_;
    Traffic traffic_;
};

/// The blocks of a fake lattice, and which rank has which.
template <int Dim>
struct FakeBlocks {
    FakeBlocks(const FakeCell<Dim>& cell, int ranks) : blocks(cell.grid, cell.block), partition(blocks, ranks) {}

    Blocks<Dim> blocks;
    Partition<Dim> partition;
};

/// The sublattice engine on a fake lattice.
template <int Dim>
class SublatticeRun : private FakeBlocks<Dim>, public EngineRun<FakeBlockModel<Dim>, SublatticeEngine<FakeBlockModel<Dim>>> {
    using Model = FakeBlockModel<Dim>;
    using Run = EngineRun<Model, SublatticeEngine<Model>>;

  public:
    /// Keeps a reference to `comm`. Collective.
    SublatticeRun(const FakePhysics& physics, const FakeBounds& bounds, const FakeCell<Dim>& cell, const Communicator& comm,
                  const RampedOptions& options, bool lists_events = true)
        : FakeBlocks<Dim>(cell, comm.size()),
          Run(Model(physics, bounds, cell, this->blocks, this->partition, comm), options, [&](Model& model, const Drive& drive) {
              return std::make_unique<SublatticeEngine<Model>>(model, comm, options, drive, this->blocks, this->partition, physics.tiles,
                                                               lists_events);
          })
    {
        SHEARWATER_EXPECTS(static_cast<int>(cell.at.size()) == physics.tiles);
    }

    /// One cycle. Collective on the communicator.
    CycleStep advance() { return this->engine().run_cycle(); }

    [[nodiscard]] CycleCounters cycle_counters() const noexcept { return this->engine().cycle_counters(); }

    [[nodiscard]] const Blocks<Dim>& blocks_of_cell() const noexcept { return this->blocks; }

    /// Colours in the order of their turns since this was asked last, if this rank has blocks of all of them.
    [[nodiscard]] std::vector<int> take_colours()
    {
        std::vector<int> colours;
        for (const auto block : this->model().take_turns()) {
            const int colour = this->blocks.colour(block);
            if (colours.empty() || colours.back() != colour) colours.push_back(colour);
        }
        return colours;
    }
};

}  // namespace shearwater::test
