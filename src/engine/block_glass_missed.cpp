/// What events have not seen: sums over pairs of events.

#include <shearwater/engine/block_glass.hpp>

#include <algorithm>
#include <cmath>

namespace shearwater {

namespace {

/// Terms of missed exponents are added up as integers of this many per GPa.
constexpr double terms_per_gpa = 0x1p44;

std::int64_t rounded(double value) noexcept
{
    return std::llround(value * terms_per_gpa);
}

std::int64_t rounded_up(double value) noexcept
{
    return static_cast<std::int64_t>(std::ceil(value * terms_per_gpa));
}

}  // namespace

/// Terms: far [n] and boundary stress [n] in GPa, sums of strain codes [n]; bounds of far and boundary stress in GPa, sum of the norms of strains.
template <int Dim>
void BlockGlass<Dim>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, std::int64_t* terms) const
{
    const auto& grid = tiles_.grid();
    const auto at = grid.index(target.event.voxel);
    Box<Dim> tile;  // the target's
    for (int axis = 0; axis < Dim; ++axis) {
        tile.begin[axis] = at[axis] / tile_edge<Dim>[axis] * tile_edge<Dim>[axis];
        tile.end[axis] = std::min(tile.begin[axis] + tile_edge<Dim>[axis], grid.size[axis]);
    }
    Index<Dim> one{};
    one.fill(1);
    for (const BlockEvent& other : events) {
        const bool comes_before = precedes(other, target);
        double squared = 0.0;
        for (int a = 0; a < n; ++a) squared += other.event.strain[a] * other.event.strain[a];
        const double norm = std::sqrt(squared);
        terms[3 * n + 2] += rounded_up(norm);
        if (comes_before) {
            const auto codes = codes_of(other.event);
            for (int a = 0; a < n; ++a) terms[2 * n + a] += codes[a];
        }
        if (other.block == target.block) continue;
        const auto from = grid.index(other.event.voxel);
        const bool is_near = is_within(grid, from, tile, halo_width<Dim>);
        terms[3 * n + (is_near ? 1 : 0)] += rounded_up(norm * far_->reach(from, at, one));
        if (!comes_before || (is_near && other.phase < target.phase)) continue;
        Index<Dim> apart{};
        for (int axis = 0; axis < Dim; ++axis) {
            apart[axis] = at[axis] - from[axis];
            if (apart[axis] < 0) apart[axis] += grid.size[axis];
        }
        double stress[n] = {};
        cell_.kernel()->add_one(apart, other.event.strain.data(), stress);
        for (int a = 0; a < n; ++a) terms[(is_near ? n : 0) + a] += rounded(stress[a]);
    }
}

template <int Dim>
Missed BlockGlass<Dim>::missed(const BlockEvent& target, const std::int64_t* terms) const
{
    const auto voxels = static_cast<double>(tiles_.grid().count());
    const double per_work = scales_.work / scales_.strain_unit;  // ½ V/k_B T [1/GPa]
    std::array<double, n> mean{};
    for (int b = 0; b < n; ++b) {
        const double strain = scales_.strain_unit * static_cast<double>(terms[2 * n + b]) / voxels;
        for (int a = 0; a < n; ++a) mean[a] += mean_response_[b][a] * strain;
    }
    Missed missed;
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        const double strain = target.event.strain[a];
        missed.far += per_work * (static_cast<double>(terms[a]) / terms_per_gpa + mean[a]) * strain;
        missed.boundary += per_work * static_cast<double>(terms[n + a]) / terms_per_gpa * strain;
        squared += strain * strain;
    }
    const double scale = per_work * std::sqrt(squared) / terms_per_gpa * (1.0 + 1e-12);
    missed.far_bound = scale * (static_cast<double>(terms[3 * n]) + mean_response_norm_ * static_cast<double>(terms[3 * n + 2]) / voxels);
    missed.boundary_bound = scale * static_cast<double>(terms[3 * n + 1]);
    return missed;
}

template void BlockGlass<2>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, std::int64_t* terms) const;
template void BlockGlass<3>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, std::int64_t* terms) const;
template Missed BlockGlass<2>::missed(const BlockEvent& target, const std::int64_t* terms) const;
template Missed BlockGlass<3>::missed(const BlockEvent& target, const std::int64_t* terms) const;

}  // namespace shearwater
