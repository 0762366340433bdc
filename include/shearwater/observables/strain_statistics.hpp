#pragma once

#include <cstdint>
#include <span>

#include <shearwater/core/archive.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Statistics of the von Mises plastic strain over all voxels of the cell (STZ paper, section 3.2.1).
struct StrainStatistics {
    double mean = 0.0;                  ///< [-]
    double localization_index = 0.0;    ///< standard deviation over the voxels [-]
    std::int64_t extreme_sites = 0;     ///< number of voxels above `extreme_strain`
    double percentile_999 = 0.0;        ///< smallest value that at least 99.9 % of the voxels do not exceed [-]
    double transformed_fraction = 0.0;  ///< fraction of voxels with any plastic strain [-]

    static constexpr double extreme_strain = 0.7;  ///< [-]

    void visit(Archive& archive)
    {
        archive("mean", mean);
        archive("localization_index", localization_index);
        archive("extreme_sites", extreme_sites);
        archive("percentile_999", percentile_999);
        archive("transformed_fraction", transformed_fraction);
    }
};

/// Computes the statistics. Collective. They are bitwise identical on any number of ranks.
/// @param von_mises  von Mises strains ≥ 0 of this rank's voxels, in any order [-]
[[nodiscard]] StrainStatistics strain_statistics(const Communicator& comm, std::span<const double> von_mises);

}  // namespace shearwater
