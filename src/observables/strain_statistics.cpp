#include <shearwater/observables/strain_statistics.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

#include <shearwater/core/exact_sum.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

std::int64_t count_above(const Communicator& comm, std::span<const double> values, double threshold)
{
    return sum(comm, std::count_if(values.begin(), values.end(), [=](double v) { return v > threshold; }));
}

/// Smallest value that at most `allowed` values exceed. Collective. It is found by bisection over the bit patterns of doubles ≥ 0, which have the
/// same order as integers and as doubles, so that ranks exchange only counts.
double smallest_with_at_most(const Communicator& comm, std::span<const double> values, std::int64_t allowed)
{
    double largest = 0.0;
    for (const double v : values) largest = std::max(largest, v);
    std::int64_t low = -1;
    auto high = std::bit_cast<std::int64_t>(maximum(comm, largest));
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (count_above(comm, values, std::bit_cast<double>(middle)) <= allowed ? high : low) = middle;
    }
    return std::bit_cast<double>(high);
}

}  // namespace

StrainStatistics strain_statistics(const Communicator& comm, std::span<const double> von_mises)
{
    const auto voxels = sum(comm, static_cast<std::int64_t>(von_mises.size()));
    const auto count = static_cast<double>(voxels);
    StrainStatistics statistics;
    statistics.mean = exact_sum(comm, von_mises) / count;
    ExactSum squares;
    for (const double v : von_mises) squares.add((v - statistics.mean) * (v - statistics.mean));
    statistics.localization_index = std::sqrt(exact_sum(comm, squares) / count);
    statistics.extreme_sites = count_above(comm, von_mises, StrainStatistics::extreme_strain);
    statistics.transformed_fraction = static_cast<double>(count_above(comm, von_mises, 0.0)) / count;
    statistics.percentile_999 = smallest_with_at_most(comm, von_mises, voxels / 1000);
    return statistics;
}

}  // namespace shearwater
