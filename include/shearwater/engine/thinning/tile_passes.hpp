#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/core/rounded_up.hpp>
#include <shearwater/engine/thinning/near_and_far.hpp>
#include <shearwater/engine/thinning/tile_state.hpp>

/// Loops over the voxels of a tile, in which the exact and the sublattice engine spend most of their time. They are compiled for several instruction
/// sets and give the same bits with all of them.
namespace shearwater {

/// The data from which rates of voxels are computed, and these rates.
template <int Dim>
struct VoxelRates {
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to both arguments.
    VoxelRates(GlassState<Dim>& of_glass, NearAndFar<Dim>& by_response) : glass(of_glass), response(by_response), rates(of_glass.tiles().slots())
    {
        for (auto& coefficient : reference) coefficient.resize(of_glass.tiles().slots());
    }

    /// Rate of a voxel at its last refresh, or up to 2^-20 more [1/s].
    [[nodiscard]] double rate_of(int slot) const noexcept { return from_rounded_up(rates[slot]); }
    /// Prefetches the stress of a group and its reference.
    void prefetch_stress(int group) const noexcept;
    /// Prefetches all data from which the rates of a group are computed.
    void prefetch_group(int group) const noexcept;
    /// Prefetches the stress of all groups of a tile and its reference.
    void prefetch_stress_of(const Tile& tile) const noexcept;
    void prefetch_groups_of(const Tile& tile) const noexcept;

    GlassState<Dim>& glass;
    NearAndFar<Dim>& response;
    std::vector<std::uint32_t> rates;             ///< rate of each slot at its last refresh, rounded up (core/rounded_up.hpp) [1/s]
    std::array<std::vector<float>, n> reference;  ///< stress of each slot at its last refresh [a][slot] [GPa]
};

/// Request for the rates of a tile.
template <int Dim>
struct RatesAsked {
    int tile;
    const TileState<Dim>& state;
    const StrainedVoxel<Dim>* near;  ///< source that is not in the stress yet and is added voxel by voxel, or null
    PreciseTime now;                 ///< a time that is not in the future
    PreciseTime since;               ///< time of the softening in the rates
    bool only_relaxing;              ///< whether to leave out groups that had settled before, and to keep stresses as they were
    FarSource<Dim>* next_in_far;     ///< source for which the far field's data are prefetched (FarField::prefetch_next), or null
    int next;                        ///< tile to be prefetched, or −1
};

/// Result of a pass over the voxels of a tile.
struct RatesFound {
    double total = 0.0;                 ///< sum of the rates [1/s]
    double rested = 0.0;                ///< sum of the rates of voxels older than `burst_age` [1/s]
    double peak = -1e300;               ///< largest −Q/k_B T
    std::uint32_t critical_groups = 0;  ///< bit per group: whether a barrier may vanish while the bound holds; zero if only relaxing
};

/// Computes the rates of the voxels of a tile and, unless they only relax, stores its stress as the reference.
template <int Dim>
[[nodiscard]] RatesFound compute_rates(VoxelRates<Dim>& voxels, const RatesAsked<Dim>& asked);

/// Adds the stresses of sources near to a tile.
template <int Dim>
void add_near(GlassState<Dim>& glass, const NearAndFar<Dim>& response, int tile, std::span<const StrainedVoxel<Dim>> sources);

/// The largest squared difference of a tile's stress from its reference [GPa²]; NaN if any difference is. @param near  as in RatesAsked
template <int Dim>
[[nodiscard]] double squared_movement(const VoxelRates<Dim>& voxels, int tile, const StrainedVoxel<Dim>* near);

/// Adds the settled part of the far field to the reference stress of a tile.
template <int Dim>
void settle_reference(VoxelRates<Dim>& voxels, int tile, int leaf);

/// True rates and exponents of the voxels of a group, for audits.
struct GroupTruth {
    Lanes rate;         ///< largest sum of rates at either end of the window [1/s]
    Lanes highest_now;  ///< largest −Q/k_B T at the beginning of the window
    Lanes highest;      ///< largest −Q/k_B T at either end of the window
};

/// @param begin, end  stress at the ends of the window [GPa]  @param now  beginning of the window, at which softening is taken
template <int Dim>
[[nodiscard]] GroupTruth truth_of(const GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now);

/// −Q/k_B T of the modes of one lane group under two stresses, and the rates of the modes of one of its voxels.
template <int Dim>
class GroupModes {
  public:
    explicit GroupModes(const RateScales& scales)
        : modes_(scales.modes),
          exponents_(std::size_t{2} * scales.modes * lane_count),
          rates_(static_cast<std::size_t>((scales.modes + lane_count - 1) / lane_count * lane_count))
    {
    }

    /// Computes the exponents of a group. @param now  a time that is not in the future  @param time  time of the softening in the exponents
    void find(GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now, const PreciseTime& time);
    /// Computes the rates of a lane under the first stress. @param frequency  ν0 [1/s]
    void find_rates(int lane, double frequency);

    /// −Q/k_B T of a mode. @param stress  0 for the first stress, 1 for the second
    [[nodiscard]] double exponent(int mode, int stress, int lane) const noexcept { return exponents_[(2 * mode + stress) * lane_count + lane]; }
    /// Rate of a mode [1/s].
    [[nodiscard]] double rate(int mode) const noexcept { return rates_[mode]; }
    [[nodiscard]] int modes() const noexcept { return modes_; }

    /// Bodies of `find` and `find_rates`, which are compiled for several instruction sets.
    SHEARWATER_INLINE void find_inline(GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now,
                                       const PreciseTime& time) noexcept;
    SHEARWATER_INLINE void find_rates_inline(int lane, double frequency) noexcept;

  private:
    int modes_;
    std::vector<double> exponents_;  ///< [mode][stress][lane]
    std::vector<double> rates_;      ///< rates of the modes of one voxel, padded to whole lanes [1/s]
};

}  // namespace shearwater
