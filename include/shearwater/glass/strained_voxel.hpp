#pragma once

#include <shearwater/core/archive.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/lattice/grid.hpp>

namespace shearwater {

/// A voxel that has strained, by one event or by several together.
template <int Dim>
struct StrainedVoxel {
    Index<Dim> at{};
    Deviator<Dim> strain{};

    void visit(Archive& archive)
    {
        archive("at", at);
        archive("strain", strain);
    }
};

}  // namespace shearwater
