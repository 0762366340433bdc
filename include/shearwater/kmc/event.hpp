#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/precise_time.hpp>

namespace shearwater {

/// One transformation of one voxel. Plain data, sent between ranks as bytes.
struct Event {
    std::int64_t voxel = -1;
    std::int32_t mode = -1;
    std::int32_t generation = 0;     ///< generation of the voxel before the event
    double barrier = 0.0;            ///< barrier Q at the time of the event [eV]
    std::array<double, 5> strain{};  ///< deviatoric coefficients [-]; in 2D the first two
    PreciseTime time;                ///< time of the event [s]
    std::int32_t athermal = 0;       ///< 1 if the barrier had vanished
    std::int32_t reversal = 0;       ///< 1 if ε:ε_prev < 0 in the same voxel

    void visit(Archive& archive)
    {
        archive("voxel", voxel);
        archive("mode", mode);
        archive("generation", generation);
        archive("barrier", barrier);
        archive("strain", strain);
        archive("time", time);
        archive("athermal", athermal);
        archive("reversal", reversal);
    }
};

/// A 64-bit hash of the bytes of an event (XXH3).
[[nodiscard]] std::uint64_t digest(const Event& event) noexcept;

/// An event of a block of the sublattice engine with its position in the order of execution within a cycle. Plain data.
struct BlockEvent {
    Event event;
    std::int64_t block = -1;
    std::int32_t phase = 0;   ///< number of turns of colours in the cycle before
    std::int32_t number = 0;  ///< number of events of the block in this phase before
};

/// Order of events by time. Events at the same time (avalanches) are in the order in which they were carried out.
[[nodiscard]] bool precedes(const BlockEvent& a, const BlockEvent& b) noexcept;

/// Missed exponents δW/k_B T of an event of the sublattice engine [-]. δW is the work, on the strain of the event, of the difference between two
/// stresses: that which the event would have had if all events had been carried out in the order of time, and that which it had.
struct Missed {
    double far = 0.0;             ///< from far events of the cycle, the mean stress and the remainder of the far field
    double boundary = 0.0;        ///< from near events of other blocks, seen too late or too early
    double far_bound = 0.0;       ///< bound of |far| over all orders of the events of the cycle
    double boundary_bound = 0.0;  ///< bound of |boundary| over all orders of the events of the cycle
    double curable = 0.0;         ///< avoidable part of far + boundary: from events so much earlier that shorter intervals would include them
    double far_curable = 0.0;     ///< avoidable part of far
};

/// An interval of time over which rates are bounded. It begins now, at the load parameter `load_begin` (loading/drive.hpp), and ends after
/// `duration`, at `load_end`.
struct Window {
    PreciseTime now;  ///< [s]
    double load_begin = 0.0;
    double load_end = 0.0;
    double duration = 0.0;   ///< [s]
    bool frozen = false;     ///< whether rates are taken as constant over the window
    double idle_rate = 0.0;  ///< rate of rejected candidates of a tile whose cost is negligible [1/s]
};

/// Bounds of a tile over a window.
struct TileBounds {
    double rate = 0.0;      ///< upper bound of the sum of its rates, at all times in the window [1/s]
    bool critical = false;  ///< whether a barrier has vanished or may vanish in the window
};

/// A mode of a voxel of this rank.
struct Place {
    int slot = -1;
    int mode = -1;
};

/// A candidate of thinning: a place drawn with a probability proportional to the bound of its rate.
struct Candidate {
    Place place;
    double bound = 0.0;  ///< upper bound of its rate over the window [1/s]
};

/// The decision on a candidate of a tile.
struct Decision {
    bool accepted = false;
    bool broken = false;  ///< whether the rate at `place` is not finite
    bool fading = false;  ///< whether the rates of its voxel have decreased since they were bounded, so that a new bound would be lower
    Place place;          ///< mode and voxel that transform, if accepted
};

/// Barriers of a tile that have vanished or may vanish in a window.
struct TileInstability {
    Place lowest;                                                ///< place of the most negative barrier now
    double barrier = 0.0;                                        ///< its barrier [eV]; valid if count > 0
    double uncertainty = 0.0;                                    ///< uncertainty of its barrier [eV]
    double runner_up = std::numeric_limits<double>::infinity();  ///< lower bound of all other barriers [eV]
    std::int64_t count = 0;                                      ///< number of voxels with a barrier ≤ 0 now
    double delay = 0.0;                                          ///< no barrier vanishes earlier than this from now [s]; infinite if none can
};

}  // namespace shearwater
