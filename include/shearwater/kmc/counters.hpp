#pragma once

#include <cstdint>

#include <shearwater/core/archive.hpp>

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

    void visit(Archive& archive)
    {
        archive("refreshed_voxels", refreshed_voxels);
        archive("near_voxels", near_voxels);
        archive("pending_sums", pending_sums);
        archive("pending_terms", pending_terms);
        archive("far_sources", far_sources);
        archive("far_moments", far_moments);
        archive("flushes", flushes);
    }
};

}  // namespace shearwater
