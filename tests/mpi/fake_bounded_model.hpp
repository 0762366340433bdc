#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/exact/exact.hpp>

#include "fake_lattice.hpp"
#include "fake_run.hpp"

namespace shearwater::test {

/// How a FakeBoundedModel bounds its rates and looks at its barriers.
struct FakeBounds {
    double least_headroom = 1.5;  ///< bound over rate when it is made
    double most_headroom = 1.5;   ///< the same where candidates in vain do not matter (Window::idle_rate)

    /// Error of a barrier [eV], unless it is looked at closely; within the uncertainty.
    std::function<double(std::int64_t voxel)> barrier_error;
    double uncertainty = 0.0;  ///< [eV]
};

/// What ExactEngine asks of ExactGlass, of a fake lattice.
///
/// The rates of a tile are computed when it is refreshed (or tightened) and bounded with headroom. The bound expires when an event in the tile, couplings,
/// or the ramp may take a rate beyond it; as with the glass, nothing tells that it was computed for a time that has not come. A rate above its bound
/// is a broken contract.
class FakeBoundedModel : public FakeLattice {
  public:
    using Thinned = FakeBoundedModel;

    struct SavedBound {
        std::vector<double> rates;
        double total = 0.0;
        PreciseTime since;
    };

    FakeBoundedModel(const FakePhysics& physics, FakeBounds bounds, const Communicator& comm)
        : FakeBoundedModel(physics, std::move(bounds), dealt_tiles(physics, comm))
    {
    }

    /// @param mine  tiles of this rank, in order
    FakeBoundedModel(FakePhysics physics, FakeBounds bounds, std::vector<int> mine)
        : FakeLattice(std::move(physics), std::move(mine)), bounds_(std::move(bounds)), state_(mine_.size()), rates_(last_.size())
    {
        for (int tile = 0; tile < tile_count(); ++tile) expire(tile);
    }

    void begin(const Window& window)
    {
        window_ = window;
        for (int tile = 0; tile < tile_count(); ++tile)
            if (!holds(tile)) expire(tile);
    }

    void expire(int tile)
    {
        if (std::exchange(state_[tile].is_expired, true)) return;
        expired_.push_back(tile);
    }

    [[nodiscard]] FakeBoundedModel& thinned() noexcept { return *this; }

    [[nodiscard]] std::vector<int> take_expired() { return std::exchange(expired_, {}); }

    TileBounds refresh(int tile, int /*next*/)
    {
        State& state = state_[tile];
        state.is_expired = state.is_critical = false;
        counters_.refreshed_voxels += physics_.voxels_per_tile;
        find_rates(tile, 0.0);
        for_each_voxel(tile, [&](int voxel) { state.is_critical = state.is_critical || may_vanish(voxel); });
        const double wanted = state.total > 0.0 ? window_.idle_rate / state.total : 1.0;
        state.headroom = std::clamp(wanted, bounds_.least_headroom, bounds_.most_headroom);
        return {bound(tile), state.is_critical};
    }

    [[nodiscard]] double bound(int tile) const noexcept { return state_[tile].total * state_[tile].headroom; }

    [[nodiscard]] Decision decide(int tile, double delay, double share, double acceptance)
    {
        ++decisions_;
        const State& state = state_[tile];
        int voxel = -1;
        double remaining = share * state.total;
        for_each_voxel(tile, [&](int other) {
            if (rates_[other] <= 0.0 || (voxel >= 0 && remaining <= rates_[voxel])) return;
            if (voxel >= 0) remaining -= rates_[voxel];
            voxel = other;
        });
        const double level = acceptance * rates_[voxel] * state.headroom;
        Decision decision;
        double sum = 0.0;
        for (int mode = 0; mode < physics_.modes; ++mode) {
            sum += rate({voxel, mode}, delay);
            if (decision.accepted || level > sum) continue;
            decision.accepted = true;
            decision.place = {voxel, mode};
        }
        // The margin covers rounding, not a bound that is wrong.
        SHEARWATER_EXPECTS(sum <= rates_[voxel] * state.headroom * (1.0 + 1e-9));
        decision.fading = !window_.frozen && sum < 0.9 * rates_[voxel];
        return decision;
    }

    void tighten(int tile, double since)
    {
        ++tightened_;
        find_rates(tile, since);
    }

    [[nodiscard]] SavedBound save(int tile) const
    {
        SavedBound saved{{}, state_[tile].total, state_[tile].since};
        for_each_voxel(tile, [&](int voxel) { saved.rates.push_back(rates_[voxel]); });
        return saved;
    }

    void restore(int tile, SavedBound&& saved)
    {
        ++restored_;
        std::copy(saved.rates.begin(), saved.rates.end(), rates_.begin() + first_voxel(tile));
        state_[tile].total = saved.total;
        state_[tile].since = saved.since;
    }

    [[nodiscard]] double lowest_possible(int tile) const
    {
        double lowest = std::numeric_limits<double>::infinity();
        for_each_voxel(tile, [&](int voxel) { lowest = std::min({lowest, barrier(voxel, window_.load_begin), barrier(voxel, window_.load_end)}); });
        return lowest - 2.0 * bounds_.uncertainty;
    }

    [[nodiscard]] TileInstability instability(int tile, double certain_below)
    {
        close_looks_ += std::isfinite(certain_below) ? 1 : 0;
        TileInstability found;
        found.delay = found.barrier = std::numeric_limits<double>::infinity();
        for_each_voxel(tile, [&](int voxel) {
            const double now = barrier(voxel, window_.load_begin);
            const double then = barrier(voxel, window_.load_end);
            if (now <= 0.0)
                add_vanished(voxel, now, certain_below, found);
            else if (then < 0.0)
                found.delay = std::min(found.delay, window_.duration * (now / (now - then)));
        });
        return found;
    }

    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept
    {
        std::int64_t broken = -1;
        for_each_voxel(tile, [&](int voxel) {
            if (!std::isfinite(rates_[voxel])) broken = voxel;
        });
        return broken;
    }

    void apply(std::span<const Event> events)
    {
        count(events);
        for (const Event& event : events)
            for (int tile = 0; tile < tile_count(); ++tile)
                if (event.voxel / physics_.voxels_per_tile == mine_[tile]) expire(tile);
    }

    [[nodiscard]] std::int64_t decisions() const noexcept { return decisions_; }
    [[nodiscard]] std::int64_t tightened() const noexcept { return tightened_; }
    [[nodiscard]] std::int64_t restored() const noexcept { return restored_; }
    [[nodiscard]] std::int64_t close_looks() const noexcept { return close_looks_; }

  protected:
    /// Whether the bound of a tile holds in the window, as far as anything but time goes.
    [[nodiscard]] bool holds(int tile) const
    {
        const State& state = state_[tile];
        if (state.is_expired) return true;
        bool holds = true;
        for_each_voxel(tile, [&](int voxel) {
            holds = holds && rate_of(voxel, state.since) <= rates_[voxel] * state.headroom * (1.0 + 1e-12);
            holds = holds && (state.is_critical || !may_vanish(voxel));
        });
        return holds;
    }

    /// Has expired tiles that were taken be taken another time.
    void put_back(std::vector<int> tiles) { expired_ = std::move(tiles); }

    /// Rate of a voxel when its tile was refreshed or tightened last [1/s].
    [[nodiscard]] double computed_rate(int voxel) const noexcept { return rates_[voxel]; }

  private:
    struct State {
        double total = 0.0;  ///< sum of rates when computed [1/s]
        double headroom = 1.0;
        PreciseTime since;  ///< time of the ages in them
        bool is_expired = false;
        bool is_critical = false;
    };

    /// Bound of the rates of a voxel in the window with its age at a time; NaN if one is.
    [[nodiscard]] double rate_of(int voxel, const PreciseTime& time) const
    {
        double sum = 0.0;
        for (int mode = 0; mode < physics_.modes; ++mode) sum += bound_of_mode(voxel, mode, time - last_[voxel]);
        return sum;
    }

    void find_rates(int tile, double since)
    {
        state_[tile].since = when(since);
        state_[tile].total = 0.0;
        for_each_voxel(tile, [&](int voxel) {
            rates_[voxel] = rate_of(voxel, state_[tile].since);
            state_[tile].total += rates_[voxel];
        });
    }

    void add_vanished(int voxel, double truth, double certain_below, TileInstability& found) const
    {
        ++found.count;
        const double seen = bounds_.barrier_error ? truth + bounds_.barrier_error(voxel) : truth;
        const bool certain = seen - bounds_.uncertainty <= certain_below;
        const double barrier = certain ? truth : seen;
        const double uncertainty = certain ? 0.0 : bounds_.uncertainty;
        if (barrier >= found.barrier) {
            found.runner_up = std::min(found.runner_up, barrier - uncertainty);
            return;
        }
        found.runner_up = std::min(found.runner_up, found.barrier - found.uncertainty);
        found.barrier = barrier;
        found.uncertainty = uncertainty;
        found.lowest = {voxel, 0};
    }

    FakeBounds bounds_;
    std::vector<State> state_;   ///< of this rank's tiles
    std::vector<double> rates_;  ///< of voxels when computed [1/s]
    std::vector<int> expired_;
    std::int64_t decisions_ = 0;
    std::int64_t tightened_ = 0;
    std::int64_t restored_ = 0;
    std::int64_t close_looks_ = 0;
};

static_assert(ExactModel<FakeBoundedModel>);

/// The exact engine on a fake lattice.
class BoundedRun : public EngineRun<FakeBoundedModel> {
  public:
    BoundedRun(const FakePhysics& physics, const FakeBounds& bounds, const Communicator& comm, const RampedOptions& options)
        : EngineRun(FakeBoundedModel(physics, bounds, comm), options, [&](FakeBoundedModel& model, const Drive& drive) {
              return std::make_unique<ExactEngine<FakeBoundedModel>>(model, comm, options, drive, physics.tiles);
          })
    {
    }
};

/// Bounds with one headroom, whatever else is known.
[[nodiscard]] inline FakeBounds headroom(double factor)
{
    FakeBounds bounds;
    bounds.least_headroom = bounds.most_headroom = factor;
    return bounds;
}

/// The exact engine with bounds of so many percent of the rates, made as FakeRun is, so that one test serves both engines.
template <int percent>
class ExactRun : public BoundedRun {
  public:
    ExactRun(const FakePhysics& physics, const Communicator& comm, const RampedOptions& options)
        : BoundedRun(physics, headroom(percent / 100.0), comm, options)
    {
    }
};

}  // namespace shearwater::test
