#pragma once

#include <cstdint>

#include <shearwater/core/archive.hpp>
#include <shearwater/kmc/event.hpp>

namespace shearwater {

/// Statistics of missed exponents over events of the sublattice engine, which can be summed over cycles.
struct MissedStatistics {
    std::int64_t measured = 0;  ///< number of measured events
    double events = 0.0;        ///< number of events that the measured ones represent
    double far_squares = 0.0;   ///< sum of squares of Missed::far over `events`
    double boundary_squares = 0.0;
    double squares = 0.0;              ///< sum of squares of Missed::far + Missed::boundary
    double curable_squares = 0.0;      ///< sum of squares of Missed::curable
    double far_curable_squares = 0.0;  ///< sum of squares of Missed::far_curable
    double far_largest = 0.0;
    double boundary_largest = 0.0;
    double far_bound = 0.0;  ///< largest Missed::far_bound
    double boundary_bound = 0.0;

    /// @param weight  number of events that the measured one represents
    void add(const Missed& missed, double weight) noexcept;
    /// Root mean square over events. @param squares_of  one of the sums of squares
    [[nodiscard]] double root_mean(double squares_of) const noexcept;
    MissedStatistics& operator+=(const MissedStatistics& other) noexcept;

    void visit(Archive& archive)
    {
        archive("measured", measured);
        archive("events", events);
        archive("far_squares", far_squares);
        archive("boundary_squares", boundary_squares);
        archive("squares", squares);
        archive("curable_squares", curable_squares);
        archive("far_curable_squares", far_curable_squares);
        archive("far_largest", far_largest);
        archive("boundary_largest", boundary_largest);
        archive("far_bound", far_bound);
        archive("boundary_bound", boundary_bound);
    }
};

}  // namespace shearwater
