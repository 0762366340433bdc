#pragma once

#include <array>
#include <vector>

#include <shearwater/elasticity/fmm/interaction_lists.hpp>
#include <shearwater/elasticity/fmm/source_to_local.hpp>

namespace shearwater {

template <int Dim>
class FarField;

/// An event on its way into the far field: the cells that it acts on, and where their nodes lie in the far kernel.
///
/// FarField::find_interactions fills it. It belongs to whoever has the event in progress; the next event can use its memory again.
template <int Dim>
class FarSource {
  public:
    /// Leaves that are near to the event, as numbers local to the rank: there its stress is added voxel by voxel, elsewhere.
    [[nodiscard]] const std::vector<int>& near_leaves() const noexcept { return lists_.near_leaves(); }
    [[nodiscard]] const InteractionLists<Dim>& lists() const noexcept { return lists_; }

  private:
    friend class FarField<Dim>;

    [[nodiscard]] CellPlaces<Dim> places(const typename InteractionLists<Dim>::FarCell& far) const noexcept
    {
        CellPlaces<Dim> places{};
        for (int axis = 0; axis < Dim; ++axis) places[axis] = &places_[far.level][axis][far.column[axis]];
        return places;
    }

    InteractionLists<Dim> lists_;
    std::vector<std::array<std::vector<NodePlaces>, Dim>> places_;  ///< [level][axis][column]
    std::size_t prefetched_ = 0;                                    ///< parts of the far cells, SourceToLocal::parts for each
};

}  // namespace shearwater
