#include <shearwater/engine/sublattice/missed_statistics.hpp>

#include <algorithm>
#include <cmath>

namespace shearwater {

void MissedStatistics::add(const Missed& missed, double weight) noexcept
{
    const double both = missed.far + missed.boundary;
    *this += {1,
              weight,
              weight * missed.far * missed.far,
              weight * missed.boundary * missed.boundary,
              weight * both * both,
              weight * missed.curable * missed.curable,
              weight * missed.far_curable * missed.far_curable,
              std::abs(missed.far),
              std::abs(missed.boundary),
              missed.far_bound,
              missed.boundary_bound};
}

double MissedStatistics::root_mean(double squares_of) const noexcept
{
    return events > 0.0 ? std::sqrt(squares_of / events) : 0.0;
}

MissedStatistics& MissedStatistics::operator+=(const MissedStatistics& other) noexcept
{
    measured += other.measured;
    events += other.events;
    far_squares += other.far_squares;
    boundary_squares += other.boundary_squares;
    squares += other.squares;
    curable_squares += other.curable_squares;
    far_curable_squares += other.far_curable_squares;
    far_largest = std::max(far_largest, other.far_largest);
    boundary_largest = std::max(boundary_largest, other.boundary_largest);
    far_bound = std::max(far_bound, other.far_bound);
    boundary_bound = std::max(boundary_bound, other.boundary_bound);
    return *this;
}

}  // namespace shearwater
