#include <shearwater/engine/exact/deferred_glass.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Sources after which a solve of the whole field is cheaper than the uncertainty of so many. Their number enters the cost of an event squared, by how
/// often their stresses must be summed and by the length of the sums, and solves cost N/P: so P follows N^(2/3). The factor was measured.
///
/// How often sums must be made goes with the remainder over the stress that matters, so that P³ goes with that stress.
/// @param stress_scale  thermal_stress_scale
std::int64_t pending_at_most(std::int64_t voxels, double stress_scale)
{
    const double root = std::cbrt(static_cast<double>(voxels));
    return static_cast<std::int64_t>(std::max(256.0, 0.5 * root * root) * std::cbrt(stress_scale)) + (stress_scale < 1.0 ? 1 : 0);
}

}  // namespace

template <int Dim>
DeferredGlass<Dim>::DeferredGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                                  const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading)
    : TileGlass<Dim>(tiles, catalogue, activation, softening, cell, loading, Separation::PointToCell, 0, mean_reserve),
      near_of_leaf_(tiles_of_leaf_.size()),
      flush_after_(pending_at_most(tiles.grid().count(), this->stress_scale_))
{
    this->expire_all();
}

template <int Dim>
void DeferredGlass<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events) take_in(event);
    const bool is_due = static_cast<std::int64_t>(pending_.size()) >= flush_after_;
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
    this->transform_here(event);
    this->count_in_mean(event);
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
    this->expect_near(std::sqrt(squared));
    if (std::sqrt(dot(open_.strain, open_.strain)) * far_->far_reach() > open_reserve * this->stress_scale_) close_source();
}

template <int Dim>
void DeferredGlass<Dim>::open_source(std::int64_t voxel)
{
    open_ = {voxel, tiles_.grid().index(voxel), {}};
    far_->find_interactions(open_.at, far_source_);
    near_tiles_.clear();
    for (const int leaf : far_source_.near_leaves())
        for (const int tile : tiles_of_leaf_[leaf]) {
            __builtin_prefetch(&state_[tile], 1);
            near_tiles_.push_back({tile, far_->reach(open_.at, tiles_.groups()[tiles_.tiles()[tile].first_group].first, tile_edge<Dim>)});
        }
}

/// Hands the open source over to the far field and to the leaves near to it.
template <int Dim>
void DeferredGlass<Dim>::close_source()
{
    if (open_.voxel < 0) return;
    const int source = static_cast<int>(pending_.size());
    pending_.push_back({open_.at, open_.strain});
    for (const int leaf : far_source_.near_leaves()) near_of_leaf_[leaf].push_back(source);
    open_.voxel = -1;
    far_->add(far_source_, pending_.back().strain.data());
    this->check_grown();
}

template <int Dim>
void DeferredGlass<Dim>::catch_up(int tile)
{
    if (!far_) return;
    auto& state = state_[tile];
    const auto& near = near_of_leaf_[state.leaf];
    if (state.near_added == static_cast<int>(near.size())) return;
    catching_up_.clear();
    for (std::size_t i = state.near_added; i < near.size(); ++i) catching_up_.push_back(pending_[near[i]]);
    this->add_near(tile, catching_up_);
    state.near_added = static_cast<int>(near.size());
}

/// Brings all stresses up to date by a solve of the whole field.
template <int Dim>
void DeferredGlass<Dim>::flush()
{
    forget_pending();
    this->replace_stress();
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
    pending_.clear();
    far_sums_.fill({});
    for (auto& near : near_of_leaf_) near.clear();
    for (auto& state : state_) state.near_added = 0;
}

/// Stress of all pending events that are far from a leaf, in one of its voxels, summed one by one.
template <int Dim>
Deviator<Dim> DeferredGlass<Dim>::far_stress(int slot, int leaf)
{
    FarSum& sum = far_sums_[static_cast<std::size_t>(slot) % far_sums_.size()];
    if (sum.slot != slot) sum = {slot, 0, {}};
    counters_.pending_terms += static_cast<std::int64_t>(pending_.size() - sum.events);
    ++counters_.pending_sums;
    const auto voxel = tiles_.voxel(slot);
    const auto& grid = tiles_.grid();
    const auto apart_from = [&](std::size_t event) {
        Index<Dim> apart{};
        for (int axis = 0; axis < Dim; ++axis) {
            apart[axis] = voxel[axis] - pending_[event].at[axis];
            if (apart[axis] < 0) apart[axis] += grid.size[axis];
        }
        return apart;
    };
    constexpr std::size_t ahead = 12;
    for (; sum.events < pending_.size(); ++sum.events) {
        if (sum.events + ahead < pending_.size()) cell_.kernel()->prefetch(apart_from(sum.events + ahead));
        if (far_->is_near(pending_[sum.events].at, leaf)) continue;
        cell_.kernel()->add_one(apart_from(sum.events), pending_[sum.events].strain.data(), sum.stress.data());
    }
    return sum.stress;
}

/// Replaces what is known of the far field in some lanes by the sum over all pending events.
template <int Dim>
void DeferredGlass<Dim>::make_exact(int group, int tile, unsigned lanes, Lanes* stress)
{
    const int leaf = state_[tile].leaf;
    if (!far_ || far_->remainder(leaf) == 0.0) return;
    Lanes far[n] = {};
    far_->add_stress(leaf, tiles_.groups()[group].first, far);
    for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
        if ((lanes >> lane & 1U) == 0) continue;
        const auto exact = far_stress(lane_count * group + lane, leaf);
        for (int a = 0; a < n; ++a) stress[a][lane] += exact[a] - far[a][lane];
    }
}

template <int Dim>
Fields DeferredGlass<Dim>::accumulated_stress()
{
    if (!far_) return this->stress_in_box_order();
    auto solved = cell_.stress(this->eigenstrain());
    const double worst = this->excess_over_remainder(solved);
    // Sums of thousands of events differ from one solve by their rounding.
    constexpr double rounding = 1e-9;
    if (any(cell_.communicator(), worst > rounding))
        throw RunError(
            "the accumulated stress differs from a solve of the whole field by more than the bound of its remainder: this is an error of the "
            "program");
    return solved;
}

template class DeferredGlass<2>;
template class DeferredGlass<3>;

}  // namespace shearwater
