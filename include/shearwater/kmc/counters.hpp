#pragma once

#include <cstdint>

#include <shearwater/core/archive.hpp>

namespace shearwater {

/// Counters of the work of a model on one rank. Their units are voxels, sums or events.
struct ModelCounters {
    std::int64_t refreshed_voxels = 0;  ///< voxels whose rates were recomputed
    std::int64_t near_voxels = 0;       ///< voxels whose stress was updated voxel by voxel
    std::int64_t pending_sums = 0;      ///< voxels whose stress was summed exactly over all pending events
    std::int64_t pending_terms = 0;     ///< events in these sums
    std::int64_t far_sources = 0;       ///< sublattice engine: single sources, of all ranks, whose far stress was added after cycles
    std::int64_t far_moments = 0;       ///< sublattice engine: nodes of multipole expansions whose far stress was added, once for every target cell
    std::int64_t flushes = 0;           ///< solves of the whole field; the same on all ranks

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
