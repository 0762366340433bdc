/// Bounds held against what is true, for tests.

#include <shearwater/engine/thinning/tile_glass.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
BoundAudit TileGlass<Dim>::audit(const Fields& stress)
{
    BoundAudit found;
    for (const TileState& state : state_) found.critical_tiles += state.critical_groups != 0 ? 1 : 0;
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        const TileState& state = state_[tile_of(lane_count * group)];
        const auto& here = tiles_.groups()[group];
        const auto place = tiles_.box().local(here.first);
        Lanes begin[n] = {};
        for (int a = 0; a < n; ++a)
            for (int lane = 0; lane < here.lanes; ++lane) begin[a][lane] = stress[a][place + lane];
        Lanes end[n];
        std::copy_n(begin, n, end);
        this->add_mean(group, begin_shift_, begin);
        this->add_mean(group, end_shift_, end);
        const GroupTruth real = truth(group, begin, end);
        for (int lane = 0; lane < here.lanes; ++lane) {
            const int slot = lane_count * group + lane;
            const double ratio = real.rate[lane] / (rate_of(slot) * state.inflation);
            found.lowest_now = std::min(found.lowest_now, -thermal_energy_ * real.highest_now[lane]);
            if (state.critical_groups == 0) found.lowest_guarded = std::min(found.lowest_guarded, -thermal_energy_ * real.highest[lane]);
            if (ratio <= found.largest_ratio || std::isnan(found.largest_ratio)) continue;
            found.largest_ratio = ratio;
            found.worst_voxel = tiles_.voxel_id(slot);
        }
        found.voxels += here.lanes;
    }
    return found;
}

/// Holds the exact rate of a candidate against its bound and against what its drift so far says.
template <int Dim>
void TileGlass<Dim>::audit_candidate(int tile, int slot, double delay)
{
    const TileState& state = state_[tile];
    const int group = slot / lane_count;
    Lanes stress[n];
    group_stress(group, tile, progress(delay), stress);
    make_exact(group, tile, 1U << slot % lane_count, stress);
    find_exponents(group, stress, stress, when(delay));
    find_lane_rates(slot % lane_count);
    double rate = 0.0;
    for (int mode = 0; mode < scales_.modes; ++mode) rate += lane_rates_[mode];
    SHEARWATER_EXPECTS(rate <= rate_of(slot) * state.inflation);
    SHEARWATER_EXPECTS(rate <= bound_by_drift(tile, slot));
}

template BoundAudit TileGlass<2>::audit(const Fields& stress);
template BoundAudit TileGlass<3>::audit(const Fields& stress);
template void TileGlass<2>::audit_candidate(int tile, int slot, double delay);
template void TileGlass<3>::audit_candidate(int tile, int slot, double delay);

}  // namespace shearwater
