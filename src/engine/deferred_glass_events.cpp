/// How events enter the stresses: at once in their voxel, in tiles near to it when their drift has been used up, further away in the far field,
/// and everywhere in a solve of the whole field when too many are pending.

#include <shearwater/engine/deferred_glass.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

template <int Dim>
void DeferredGlass<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events) take_in(event);
    const bool is_due = static_cast<std::int64_t>(pending_at_.size()) >= flush_after_;
    if (is_due && far_) close_source();
    if (!far_ || (is_due && far_->is_useful()))
        flush();
    else if (is_due)
        settle_near();
    this->update_mean();
}

/// Carries out an event in its voxel, far from it in the far field, and has tiles near to it expect it.
template <int Dim>
void DeferredGlass<Dim>::take_in(const Event& event)
{
    const int slot = this->transform(event);
    if (slot >= 0) {
        find_sensitivity(tile_of(slot), slot);
        expire(tile_of(slot));
    }
    if (!far_) return;
    if (event.voxel != open_.voxel) {
        close_source();
        open_source(event.voxel);
    }
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        open_.strain[a] += event.strain[a];
        squared += event.strain[a] * event.strain[a];
    }
    expect_near(std::sqrt(squared));
    if (std::sqrt(dot(open_.strain, open_.strain)) * far_->far_reach() > open_reserve) close_source();
}

template <int Dim>
void DeferredGlass<Dim>::open_source(std::int64_t voxel)
{
    open_ = {voxel, tiles_.grid().index(voxel), {}};
    far_->set_source(open_.at);
    near_tiles_.clear();
    for (const int leaf : far_->near())
        for (const int tile : tiles_of_leaf_[leaf]) {
            __builtin_prefetch(&state_[tile], 1);
            near_tiles_.push_back({tile, far_->reach(open_.at, tiles_.groups()[tiles_.tiles()[tile].first_group].first, tile_edge<Dim>)});
        }
}

/// Charges the tiles near to the open source with an event there. @param norm  of its strain
template <int Dim>
void DeferredGlass<Dim>::expect_near(double norm)
{
    // What the tiles that must be looked at need is asked for before the first of them is.
    exhausted_.clear();
    for (const auto& [tile, reach] : near_tiles_) {
        TileState& state = state_[tile];
        state.waiting += norm * reach;
        if (state.is_expired || drift(state) <= state.allowance) continue;
        exhausted_.push_back(tile);
        const Tile& here = tiles_.tiles()[tile];
        for (int group = here.first_group; group < here.first_group + here.groups; ++group) prefetch_stress(group);
    }
    for (const int tile : exhausted_) check(tile);
}

/// Asks for the stress of a group and its reference ahead of time.
template <int Dim>
void DeferredGlass<Dim>::prefetch_stress(int group) const noexcept
{
    for (int a = 0; a < n; ++a) {
        __builtin_prefetch(stress_[a].data() + lane_count * group, 1);
        __builtin_prefetch(reference_[a].data() + lane_count * group, 1);
    }
}

/// Hands the open source over to the far field and to the leaves near to it.
template <int Dim>
void DeferredGlass<Dim>::close_source()
{
    if (open_.voxel < 0) return;
    const int source = static_cast<int>(pending_at_.size());
    pending_at_.push_back(open_.at);
    pending_strain_.push_back(open_.strain);
    for (const int leaf : far_->near()) near_of_leaf_[leaf].push_back(source);
    open_.voxel = -1;
    far_->add(pending_strain_.back().data());
    for (const int leaf : far_->grown())
        for (const int tile : tiles_of_leaf_[leaf]) check(tile);
    far_->forget_grown();
}

/// Whether the stress of a tile, to be complete, needs that of the open source voxel by voxel.
template <int Dim>
bool DeferredGlass<Dim>::is_near_source(int tile) const noexcept
{
    return open_.voxel >= 0 && far_->is_near(open_.at, state_[tile].leaf);
}

/// Brings the stress of a tile up to date with near events. What drift it has been charged with stays, as it must not depend on who looks when.
template <int Dim>
void DeferredGlass<Dim>::catch_up(int tile)
{
    if (!far_) return;
    TileState& state = state_[tile];
    const auto& near = near_of_leaf_[state.leaf];
    if (state.near_added == static_cast<int>(near.size())) return;
    add_near(tile, std::span(near).subspan(state.near_added));
    state.near_added = static_cast<int>(near.size());
}

/// Brings all stresses up to date by a solve of the whole field.
template <int Dim>
void DeferredGlass<Dim>::flush()
{
    ++counters_.flushes;
    // The rates of a tile rest on its reference stress and what of the far field had settled by then; that is about to move to the voxels.
    if (far_) {
        for (int tile = 0; tile < this->tile_count(); ++tile) settle_reference(tile);
        far_->clear();
    }
    forget_pending();
    this->solve_for_stress();
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        TileState& state = state_[tile];
        state.near_drift = std::sqrt(squared_movement(tile));
        state.waiting = 0.0;
        if (far_) state.rounding += reference_rounding;
        check(tile);
    }
}

/// Adds all near events to the stresses, so that they need no longer be kept.
template <int Dim>
void DeferredGlass<Dim>::settle_near()
{
    for (int tile = 0; tile < this->tile_count(); ++tile) catch_up(tile);
    forget_pending();
}

template <int Dim>
void DeferredGlass<Dim>::forget_pending()
{
    pending_at_.clear();
    pending_strain_.clear();
    far_sums_.fill({});
    for (auto& near : near_of_leaf_) near.clear();
    for (TileState& state : state_) state.near_added = 0;
}

template <int Dim>
Fields DeferredGlass<Dim>::accumulated_stress()
{
    if (!far_) return this->stress_in_box_order();
    auto solved = cell_.stress(this->eigenstrain());
    double worst = 0.0;
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        Lanes stress[n];
        const double remainder = eigenstress(group, tile_of(lane_count * group), stress);
        for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
            const auto place = tiles_.box().local(tiles_.voxel(lane_count * group + lane));
            double squared = 0.0;
            for (int a = 0; a < n; ++a) squared += std::pow(stress[a][lane] - solved[a][place], 2);
            const double excess = std::sqrt(squared) - remainder;
            worst = excess <= worst ? worst : std::isnan(excess) ? HUGE_VAL : excess;
        }
    }
    // Sums of thousands of events differ from one solve by their rounding.
    constexpr double rounding = 1e-9;
    if (any(cell_.communicator(), worst > rounding))
        throw RunError(
            "the accumulated stress differs from a solve of the whole field by more than the bound of its remainder: this is an error of the "
            "program");
    return solved;
}

template void DeferredGlass<2>::apply(std::span<const Event> events);
template void DeferredGlass<3>::apply(std::span<const Event> events);
template bool DeferredGlass<2>::is_near_source(int tile) const noexcept;
template bool DeferredGlass<3>::is_near_source(int tile) const noexcept;
template void DeferredGlass<2>::catch_up(int tile);
template void DeferredGlass<3>::catch_up(int tile);
template void DeferredGlass<2>::prefetch_stress(int group) const noexcept;
template void DeferredGlass<3>::prefetch_stress(int group) const noexcept;
template Fields DeferredGlass<2>::accumulated_stress();
template Fields DeferredGlass<3>::accumulated_stress();

}  // namespace shearwater
