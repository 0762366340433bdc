#pragma once

#include <cstdint>

namespace shearwater {

/// What a model counts, on one rank.
struct ModelCounters {
    std::int64_t refreshed_voxels = 0;  ///< whose rates were computed anew
    std::int64_t near_voxels = 0;       ///< whose stress was changed at once
    std::int64_t pending_sums = 0;      ///< whose stress was summed over all pending events
    std::int64_t pending_terms = 0;     ///< events in these sums
    std::int64_t far_sources = 0;       ///< sublattice engine: transformed voxels of all ranks whose far stress was taken in after a cycle
    std::int64_t far_moments = 0;  ///< sublattice engine: nodes of cells that were taken in instead of sources, by each cell that they are far from
    std::int64_t flushes = 0;      ///< solves of the whole field; the same on all ranks
};

}  // namespace shearwater
