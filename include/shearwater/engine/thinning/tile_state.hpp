#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/precise_time.hpp>
#include <shearwater/glass/mean_of_cell.hpp>

namespace shearwater {

/// How far the stress of a tile has been brought up to date. It lies beside its bound, as both are read together.
struct StressMark {
    int leaf = -1;  ///< of the far field
    int added = 0;  ///< sources, of those kept for its leaf or block, that are in the stress
};

/// What a tile's bound rests on.
template <int Dim>
struct alignas(64) TileState {
    // What every near event asks for, in one line of the cache.
    double waiting = 0.0;     ///< bound of what near events have brought since the drift was measured [GPa]
    double near_drift = 0.0;  ///< as measured last [GPa]
    double mean_drift = 0.0;  ///< [GPa]
    double rounding = 0.0;    ///< of the reference stress since it was taken [GPa]
    double far_mark = 0.0;    ///< FarField::moved when refreshed [GPa]
    double allowance = -1.0;  ///< drift for which the bound holds [GPa]; below 0 it has expired
    StressMark mark;
    bool is_expired = false;

    double total = 0.0;                 ///< sum of the rates of the voxels [1/s]
    double rested = 0.0;                ///< sum of those of voxels older than `burst_age` [1/s]
    PreciseTime since;                  ///< time of the softening in them; earlier in settled groups
    double inflation = 1.0;             ///< bound over total
    double sensitivity = 0.0;           ///< ½ V max|ε|/k_B T [1/GPa]
    double peak = 0.0;                  ///< largest −Q/k_B T when refreshed
    double uncertainty = 0.0;           ///< of the stress in the bound: remainder, thresholds [GPa]
    std::uint32_t critical_groups = 0;  ///< bit per group: whether a barrier may vanish while the bound holds
    MeanShift<Dim> mean;                ///< that the rates were computed at
    double mean_cover = 0.0;            ///< movement from there that `uncertainty` covers [GPa]
    double response = 0.0;              ///< when moduli differ: largest stress per mean strain [GPa]

    /// Lists the state; the leaf and the response follow from where the tile is.
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

/// The bound of a tile, to be restored.
struct SavedBound {
    std::vector<std::uint32_t> rates;
    double total = 0.0;
    PreciseTime since;
};

/// A tile near to the open source, whose events its stress may lag behind.
struct NearTile {
    int tile;
    double reach;  ///< bound of the norm of the stress in its voxels for a unit strain of the source [GPa]
};

/// What an audit of bounds found on this rank.
struct BoundAudit {
    std::int64_t voxels = 0;  ///< looked at
    std::int64_t critical_tiles = 0;
    double largest_ratio = 0.0;        ///< of a voxel's true rate over its bound; NaN if there is one
    std::int64_t worst_voxel = -1;     ///< where that is
    double lowest_guarded = HUGE_VAL;  ///< lowest barrier in tiles that are not critical, anywhere in the window [eV]
    double lowest_now = HUGE_VAL;      ///< lowest barrier of all, now [eV]
};

}  // namespace shearwater
