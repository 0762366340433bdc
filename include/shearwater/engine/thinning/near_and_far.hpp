#pragma once

#include <optional>
#include <span>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/elasticity/fmm/far_field.hpp>
#include <shearwater/elasticity/kernel/near_kernel.hpp>
#include <shearwater/glass/glass_state.hpp>
#include <shearwater/glass/strained_voxel.hpp>

namespace shearwater {

/// The two ways in which the strain of a voxel enters the stress of others: voxel by voxel in leaves near to it, and through the far field elsewhere.
/// Without a kernel, stresses come from solves of the whole field only.
template <int Dim>
class NearAndFar {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Collective. Keeps references to `tiles` and `cell`.
    /// @param separation   separation of source and cell from which on the far field is used
    /// @param near_radius  distance along an axis up to which stresses are added voxel by voxel, also where the far field would allow more
    /// @param threshold    change of a leaf's far field that need not be counted at once [GPa]
    NearAndFar(const Tiles<Dim>& tiles, ElasticCell<Dim>& cell, Separation separation, int near_radius, double threshold);

    [[nodiscard]] bool has_kernel() const noexcept { return far_.has_value(); }

    /// The far field. There must be a kernel.
    [[nodiscard]] FarField<Dim>& far() noexcept { return *far_; }
    [[nodiscard]] const FarField<Dim>& far() const noexcept { return *far_; }

    /// The tiles of this rank in a leaf of the far field. There must be a kernel.
    [[nodiscard]] const std::vector<int>& tiles_of_leaf(int leaf) const noexcept { return tiles_of_leaf_[leaf]; }
    [[nodiscard]] int leaves() const noexcept { return static_cast<int>(tiles_of_leaf_.size()); }

    /// The voxels of a tile.
    [[nodiscard]] Box<Dim> tile_box(int tile) const noexcept;
    /// Bound of the norm of the stress anywhere in a tile for a unit strain of a voxel [GPa].
    [[nodiscard]] double reach(const Index<Dim>& source, int tile) const noexcept
    {
        return far_->reach(source, tiles_.groups()[tiles_.tiles()[tile].first_group].first, tile_edge<Dim>);
    }

    /// Adds the stress of a voxel to that of a lane group near to it. @param first  voxel of lane 0
    SHEARWATER_INLINE void add_near(const StrainedVoxel<Dim>& source, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        if (near_kernel_)
            near_kernel_->add(source.at, source.strain.data(), first, stress);
        else
            cell_.kernel()->add(source.at, source.strain.data(), first, stress);
    }

    /// Lists the state, which is that of the far field.
    void visit(Archive& archive)
    {
        if (far_) archive("far", *far_);
    }

  private:
    const Tiles<Dim>& tiles_;
    ElasticCell<Dim>& cell_;
    std::optional<FarField<Dim>> far_;
    std::optional<NearKernel<Dim>> near_kernel_;  ///< kernel of near stresses, if there is a far field
    std::vector<std::vector<int>> tiles_of_leaf_;
};

}  // namespace shearwater
