#include <shearwater/engine/exact/whole_lattice_stress.hpp>

#include <cmath>

#include <shearwater/engine/thinning/tile_passes.hpp>

namespace shearwater {

static_assert(StressSource<WholeLatticeStress<2>, 2> && StressSource<WholeLatticeStress<3>, 3>);

template <int Dim>
WholeLatticeStress<Dim>::WholeLatticeStress(GlassState<Dim>& glass, NearAndFar<Dim>& response, double stress_scale)
    : glass_(glass), response_(response), stress_scale_(stress_scale), near_of_leaf_(static_cast<std::size_t>(response.leaves()))
{
}

template <int Dim>
void WholeLatticeStress<Dim>::strain(const Event& event) noexcept
{
    for (int a = 0; a < n; ++a) open_.strain[a] += event.strain[a];
}

template <int Dim>
bool WholeLatticeStress<Dim>::is_exhausted() const noexcept
{
    return std::sqrt(dot(open_.strain, open_.strain)) * response_.far().far_reach() > open_reserve * stress_scale_;
}

template <int Dim>
bool WholeLatticeStress<Dim>::close()
{
    if (open_voxel_ < 0) return false;
    const int source = static_cast<int>(pending_.size());
    pending_.push_back(open_);
    for (const int leaf : interactions_.near_leaves()) near_of_leaf_[leaf].push_back(source);
    open_voxel_ = -1;
    response_.far().add(interactions_, pending_.back().strain.data());
    return true;
}

template <int Dim>
void WholeLatticeStress<Dim>::catch_up(int tile, StressMark& mark)
{
    if (!response_.has_kernel()) return;
    const auto& near = near_of_leaf_[mark.leaf];
    if (mark.added == static_cast<int>(near.size())) return;
    catching_up_.clear();
    for (std::size_t i = mark.added; i < near.size(); ++i) catching_up_.push_back(pending_[near[i]]);
    add_near<Dim>(glass_, response_, tile, catching_up_);
    mark.added = static_cast<int>(near.size());
}

template <int Dim>
void WholeLatticeStress<Dim>::forget()
{
    pending_.clear();
    far_sums_.fill({});
    for (auto& near : near_of_leaf_) near.clear();
}

/// Stress of all pending sources far from a leaf in one of its voxels, by direct summation.
template <int Dim>
const Deviator<Dim>& WholeLatticeStress<Dim>::far_stress(int slot, int leaf)
{
    FarSum& sum = far_sums_[static_cast<std::size_t>(slot) % far_sums_.size()];
    if (sum.slot != slot) sum = {slot, 0, {}};
    glass_.counters().pending_terms += static_cast<std::int64_t>(pending_.size() - sum.sources);
    ++glass_.counters().pending_sums;
    const auto voxel = glass_.tiles().voxel(slot);
    const auto& grid = glass_.tiles().grid();
    const auto apart_from = [&](std::size_t source) {
        Index<Dim> apart{};
        for (int axis = 0; axis < Dim; ++axis) {
            apart[axis] = voxel[axis] - pending_[source].at[axis];
            if (apart[axis] < 0) apart[axis] += grid.size[axis];
        }
        return apart;
    };
    const auto& kernel = *glass_.cell().kernel();
    constexpr std::size_t ahead = 12;
    for (; sum.sources < pending_.size(); ++sum.sources) {
        if (sum.sources + ahead < pending_.size()) kernel.prefetch(apart_from(sum.sources + ahead));
        if (response_.far().is_near(pending_[sum.sources].at, leaf)) continue;
        kernel.add_one(apart_from(sum.sources), pending_[sum.sources].strain.data(), sum.stress.data());
    }
    return sum.stress;
}

/// Replaces the far stress in some lanes by the sum over all pending sources.
template <int Dim>
void WholeLatticeStress<Dim>::make_exact(int group, int leaf, unsigned lanes, Lanes* stress)
{
    if (!response_.has_kernel() || response_.far().remainder(leaf) == 0.0) return;
    const auto here = glass_.tiles().groups()[group];
    Lanes far[n] = {};
    response_.far().add_stress(leaf, here.first, far);
    for (int lane = 0; lane < here.lanes; ++lane) {
        if ((lanes >> lane & 1U) == 0) continue;
        const auto& exact = far_stress(lane_count * group + lane, leaf);
        for (int a = 0; a < n; ++a) stress[a][lane] += exact[a] - far[a][lane];
    }
}

template <int Dim>
void WholeLatticeStress<Dim>::visit(Archive& archive)
{
    archive("pending", pending_);
    archive("open_voxel", open_voxel_);
    archive("open_strain", open_.strain);
    if (!archive.reads() || !response_.has_kernel()) return;
    far_sums_.fill({});
    for (auto& near : near_of_leaf_) near.clear();
    for (std::size_t source = 0; source < pending_.size(); ++source) {
        response_.far().find_interactions(pending_[source].at, interactions_);
        for (const int leaf : interactions_.near_leaves()) near_of_leaf_[leaf].push_back(static_cast<int>(source));
    }
    if (open_voxel_ < 0) return;
    const auto strain = open_.strain;
    open(open_voxel_, [](int) {});
    open_.strain = strain;
}

template class WholeLatticeStress<2>;
template class WholeLatticeStress<3>;

}  // namespace shearwater
