#pragma once

#include <string>

#include <shearwater/sim/layout.hpp>

namespace shearwater {

/// What a run needs, from counts alone: nothing is allocated for it.
struct MemoryEstimate {
    double begin = 0.0;  ///< while hardly anything has transformed, at snapshots; all ranks on one node [bytes]
    double end = 0.0;    ///< when every group of voxels has [bytes]
};

template <int Dim>
[[nodiscard]] MemoryEstimate estimate_memory(const RunOptions& options, const Layout<Dim>& layout);

/// Memory and work that a run needs, in words, for --check.
template <int Dim>
[[nodiscard]] std::string describe_estimate(const RunOptions& options, const Layout<Dim>& layout);

}  // namespace shearwater
