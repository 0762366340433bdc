#pragma once

#include <string>

#include <shearwater/sim/layout.hpp>

namespace shearwater {

/// Estimate of the memory of a run [bytes]. It is computed from numbers of voxels and ranks, without allocating anything.
struct MemoryEstimate {
    double begin = 0.0;  ///< at snapshots while few voxels have transformed, with all ranks on one node
    double end = 0.0;    ///< at snapshots after voxels of every lane group have transformed
};

/// Estimates the memory of a run. Not collective.
template <int Dim>
[[nodiscard]] MemoryEstimate estimate_memory(const RunOptions& options, const Layout<Dim>& layout);

/// Description of the memory and the work of a run, for --check. Not collective.
template <int Dim>
[[nodiscard]] std::string describe_estimate(const RunOptions& options, const Layout<Dim>& layout);

}  // namespace shearwater
