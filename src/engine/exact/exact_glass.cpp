#include <shearwater/engine/exact/exact_glass.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Movement of a leaf's far field that is not counted, over thermal_stress_scale [GPa]. Together with the reserves for the open source and the mean
/// stress it about doubles bounds.
constexpr double far_threshold = 0.015;

/// Number of pending sources P above which a solve of the whole field costs less than their uncertainty. For N voxels, the cost per event has a part
/// proportional to P²/N, because the frequency of sums over sources grows with their density P/N and the length of the sums with P, and a part N/P of
/// solves. The optimal P is therefore proportional to N^(2/3). The prefactor was measured.
///
/// The frequency of sums is proportional to the remainder over the thermal stress, so that the optimal P³ is proportional to the thermal stress.
/// @param stress_scale  thermal_stress_scale
std::int64_t pending_at_most(std::int64_t voxels, double stress_scale)
{
    const double root = std::cbrt(static_cast<double>(voxels));
    return static_cast<std::int64_t>(std::max(256.0, 0.5 * root * root) * std::cbrt(stress_scale)) + (stress_scale < 1.0 ? 1 : 0);
}

}  // namespace

template <int Dim>
ExactGlass<Dim>::ExactGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                            const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading)
    : glass_(tiles, catalogue, activation, softening, cell, loading, BoundedTiles<Dim>::settled_at_hand),
      response_(tiles, cell, Separation::PointToCell, 0, far_threshold * thermal_stress_scale(activation, catalogue.options())),
      stress_(glass_, response_, thermal_stress_scale(activation, catalogue.options())),
      bounds_(glass_, response_, thermal_stress_scale(activation, catalogue.options()), mean_reserve, 1, {}),
      thinned_(bounds_, stress_, 0),
      flush_after_(pending_at_most(tiles.grid().count(), bounds_.stress_scale()))
{
}

template <int Dim>
void ExactGlass<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events) apply(event);
    const bool is_due = stress_.pending() >= flush_after_;
    if (is_due && response_.has_kernel()) close_source();
    if (!response_.has_kernel() || (is_due && response_.far().is_useful()))
        bounds_.replace_stress(stress_);
    else if (is_due)
        bounds_.catch_up(stress_);
    glass_.mean().apply(events);
}

/// Carries out an event in its voxel, adds it to the open source, and counts it in the drift of tiles near to it.
template <int Dim>
void ExactGlass<Dim>::apply(const Event& event)
{
    bounds_.has_transformed(glass_.transform(event));
    if (!response_.has_kernel()) return;
    if (!stress_.is_open(event.voxel)) {
        close_source();
        stress_.open(event.voxel, [this](int tile) { __builtin_prefetch(&bounds_.state(tile), 1); });
    }
    stress_.strain(event);
    double squared = 0.0;
    for (int a = 0; a < n; ++a) squared += event.strain[a] * event.strain[a];
    thinned_.expect_near(std::sqrt(squared));
    if (stress_.is_exhausted()) close_source();
}

template <int Dim>
void ExactGlass<Dim>::close_source()
{
    if (stress_.close()) bounds_.check_grown(stress_);
}

template <int Dim>
Fields ExactGlass<Dim>::accumulated_stress()
{
    if (!response_.has_kernel()) return glass_.stress_in_box_order();
    auto solved = glass_.cell().stress(glass_.eigenstrain());
    const double worst = thinned_.excess_over_remainder(solved);
    // Sums of thousands of events differ from one solve by their rounding.
    constexpr double rounding = 1e-9;
    if (any(glass_.cell().communicator(), worst > rounding))
        throw RunError(
            "the accumulated stress differs from a solve of the whole field by more than the bound of its remainder: this is an error of the "
            "program");
    return solved;
}

template class ThinnedTiles<2, WholeLatticeStress<2>>;
template class ThinnedTiles<3, WholeLatticeStress<3>>;
template class ExactGlass<2>;
template class ExactGlass<3>;

}  // namespace shearwater
