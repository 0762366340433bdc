#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/precise_time.hpp>

namespace shearwater {

/// One transformation of one voxel. Plain data: it travels between ranks as bytes.
struct Event {
    std::int64_t voxel = -1;
    std::int32_t mode = -1;
    std::int32_t generation = 0;     ///< of the voxel before the event
    double barrier = 0.0;            ///< Q when it happened [eV]
    std::array<double, 5> strain{};  ///< deviatoric coefficients; the first two in 2D
    PreciseTime time;                ///< when it happened
    std::int32_t athermal = 0;       ///< 1 if its barrier had vanished
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

/// A 64-bit hash of an event, bit for bit (XXH3).
[[nodiscard]] std::uint64_t digest(const Event& event) noexcept;

/// An event of a block, and when in a cycle of the sublattice engine it was carried out. Plain data.
struct BlockEvent {
    Event event;
    std::int64_t block = -1;
    std::int32_t phase = 0;   ///< colours of the cycle that had their turn before
    std::int32_t number = 0;  ///< events of the block in this phase before
};

/// Order of events: by time, and those at one time (avalanches) as they were carried out.
[[nodiscard]] bool precedes(const BlockEvent& a, const BlockEvent& b) noexcept;

/// What an event of the sublattice engine did not see: δW/k_B T, the work of the difference between the stress that it would have had if all events
/// had been carried out in the order of time, and that which it had.
struct Missed {
    double far = 0.0;             ///< from events of the cycle far away, which are not seen, the mean stress, and the remainder of the far field [-]
    double boundary = 0.0;        ///< from events nearby in other blocks, seen too late or too early [-]
    double far_bound = 0.0;       ///< |far| is at most this, in whatever order the events of the cycle are
    double boundary_bound = 0.0;  ///< the same for |boundary|
    double curable = 0.0;      ///< of far and boundary together, what is from events that came so long before that shorter intervals would show them
    double far_curable = 0.0;  ///< of far alone
};

/// A stretch of time for which rates are bounded: from now, at load parameter `load_begin` (loading/drive.hpp), for `duration`, to `load_end`.
struct Window {
    PreciseTime now;
    double load_begin = 0.0;
    double load_end = 0.0;
    double duration = 0.0;   ///< [s]
    bool frozen = false;     ///< rates count as constant in the window
    double idle_rate = 0.0;  ///< candidates that a tile may draw in vain without their mattering [1/s]
};

/// What one tile says about a window.
struct TileBounds {
    double rate = 0.0;      ///< upper bound of the sum of its rates anywhere in the window [1/s]
    bool critical = false;  ///< whether a barrier may vanish in the window (or has)
};

/// One mode of one voxel of this rank.
struct Place {
    int slot = -1;
    int mode = -1;
};

/// A place that was drawn with a probability proportional to its rate bound.
struct Candidate {
    Place place;
    double bound = 0.0;  ///< upper bound of its rate in the window [1/s]
};

/// What became of a candidate of a tile.
struct Decision {
    bool accepted = false;
    bool broken = false;  ///< the rate is not a finite number; `place` says where
    bool fading = false;  ///< its voxel's rates have fallen since they were bounded, so that a new bound would be lower
    Place place;          ///< what transforms, if accepted
};

/// The barriers of a tile that have vanished or may vanish in a window.
struct TileInstability {
    Place lowest;                                                ///< the most negative barrier now
    double barrier = 0.0;                                        ///< that barrier [eV]; meaningful when count > 0
    double uncertainty = 0.0;                                    ///< of that barrier [eV]
    double runner_up = std::numeric_limits<double>::infinity();  ///< no other barrier is below this [eV]
    std::int64_t count = 0;                                      ///< voxels with a barrier ≤ 0 now
    double delay = 0.0;  ///< no barrier vanishes before this time from now [s]; infinity if none in the window
};

}  // namespace shearwater
