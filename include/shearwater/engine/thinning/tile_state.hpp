#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/precise_time.hpp>
#include <shearwater/glass/mean_of_cell.hpp>

namespace shearwater {

/// How far the stress of a tile has been updated. This is stored next to the tile's bound, because both are read together.
struct StressMark {
    int leaf = -1;  ///< leaf of the far field
    int added = 0;  ///< number of kept sources of its leaf or block that are in the stress
};

/// The data on which a tile's bound is based.
template <int Dim>
struct alignas(64) TileState {
    // The following members are read for every near event and share a cache line.
    double waiting = 0.0;     ///< bound of the stress of near events since the last measurement of the drift [GPa]
    double near_drift = 0.0;  ///< change of the stress by near events and solves at the last measurement [GPa]
    double mean_drift = 0.0;  ///< change of the mean stress since the refresh [GPa]
    double rounding = 0.0;    ///< rounding error of the reference stress since it was stored [GPa]
    double far_mark = 0.0;    ///< FarField::moved at the refresh [GPa]
    double allowance = -1.0;  ///< largest drift for which the bound holds [GPa]; negative if it has expired
    StressMark mark;
    bool is_expired = false;

    double total = 0.0;                 ///< sum of the rates of the voxels [1/s]
    double rested = 0.0;                ///< sum of the rates of voxels older than `burst_age` [1/s]
    PreciseTime since;                  ///< time of the softening in the rates; earlier in settled groups
    double inflation = 1.0;             ///< ratio of the bound to `total`
    double sensitivity = 0.0;           ///< ½ V max|ε|/k_B T [1/GPa]
    double peak = 0.0;                  ///< largest −Q/k_B T at the refresh
    double uncertainty = 0.0;           ///< uncertainty of the stress that the bound covers: remainder, thresholds [GPa]
    std::uint32_t critical_groups = 0;  ///< bit per group: whether a barrier may vanish while the bound holds
    MeanShift<Dim> mean;                ///< mean stress with which the rates were computed
    double mean_cover = 0.0;            ///< change of the mean stress since then that `uncertainty` covers [GPa]
    double response = 0.0;              ///< largest stress per mean strain when moduli differ [GPa]

    /// Lists the state; the leaf and the response follow from the position of the tile.
    void visit(Archive& archive)
    {
        archive("waiting", waiting);
        archive("near_drift", near_drift);
        archive("mean_drift", mean_drift);
        archive("rounding", rounding);
        archive("far_mark", far_mark);
        archive("allowance", allowance);
        archive("added", mark.added);
        archive("is_expired", is_expired);
        archive("total", total);
        archive("rested", rested);
        archive("since", since);
        archive("inflation", inflation);
        archive("sensitivity", sensitivity);
        archive("peak", peak);
        archive("uncertainty", uncertainty);
        archive("critical_groups", critical_groups);
        archive("mean", mean);
        archive("mean_cover", mean_cover);
    }
};

/// The bound of a tile, to be restored later.
struct SavedBound {
    std::vector<std::uint32_t> rates;
    double total = 0.0;
    PreciseTime since;
};

/// A tile near to the open source, whose stress may not yet include the source.
struct NearTile {
    int tile;
    double reach;  ///< bound of the norm of the stress in its voxels for a unit strain of the source [GPa]
};

/// Result of an audit of bounds on this rank.
struct BoundAudit {
    std::int64_t voxels = 0;  ///< number of voxels audited
    std::int64_t critical_tiles = 0;
    double largest_ratio = 0.0;        ///< largest ratio of a voxel's true rate to its bound; NaN if any is
    std::int64_t worst_voxel = -1;     ///< voxel with this ratio
    double lowest_guarded = HUGE_VAL;  ///< lowest barrier in tiles that are not critical, anywhere in the window [eV]
    double lowest_now = HUGE_VAL;      ///< lowest barrier of all voxels at the beginning of the window [eV]
};

}  // namespace shearwater
