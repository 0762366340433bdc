#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/core/rounded_up.hpp>
#include <shearwater/engine/thinning/near_and_far.hpp>
#include <shearwater/engine/thinning/tile_state.hpp>

/// The loops over the voxels of a tile, where engines that think ahead spend their time. They are compiled for several instruction sets, with the
/// same bits as result in all of them.
namespace shearwater {

/// What the rates of the voxels of a rank are computed from, and what they have come to.
template <int Dim>
struct VoxelRates {
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to both.
    VoxelRates(GlassState<Dim>& of_glass, NearAndFar<Dim>& by_response) : glass(of_glass), response(by_response), rates(of_glass.tiles().slots())
    {
        for (auto& coefficient : reference) coefficient.resize(of_glass.tiles().slots());
    }

    /// Rate of a voxel when computed, or up to 2^-20 more [1/s].
    [[nodiscard]] double rate_of(int slot) const noexcept { return from_rounded_up(rates[slot]); }
    /// Asks for the stress of a group and its reference ahead of time.
    void prefetch_stress(int group) const noexcept;
    /// Asks for all that the rates of a group are computed from, ahead of time.
    void prefetch_group(int group) const noexcept;
    /// The same for all groups of a tile.
    void prefetch_stress_of(const Tile& tile) const noexcept;
    void prefetch_groups_of(const Tile& tile) const noexcept;

    GlassState<Dim>& glass;
    NearAndFar<Dim>& response;
    std::vector<std::uint32_t> rates;             ///< of each slot when computed, rounded up (core/rounded_up.hpp) [1/s]
    std::array<std::vector<float>, n> reference;  ///< stress of each slot when its rate was computed [GPa]
};

/// Which rates are to be computed.
template <int Dim>
struct RatesAsked {
    int tile;
    const TileState<Dim>& state;
    const StrainedVoxel<Dim>* near;  ///< a source that is not in the stress yet, to be added voxel by voxel; or null
    PreciseTime now;                 ///< a time that has come
    PreciseTime since;               ///< time of the softening in the rates
    bool only_relaxing;              ///< leave out groups that had settled before, and take stresses as they were
    FarSource<Dim>* next_in_far;     ///< of which is prefetched what the far field will read (FarField::prefetch_next), or null
    int next;                        ///< tile to ask for, or −1
};

/// What became of them.
struct RatesFound {
    double total = 0.0;                 ///< sum of the rates [1/s]
    double rested = 0.0;                ///< sum of those of voxels older than `burst_age` [1/s]
    double peak = -1e300;               ///< largest −Q/k_B T
    std::uint32_t critical_groups = 0;  ///< bit per group: whether a barrier may vanish while the bound holds; none if only relaxing
};

/// Computes the rates of the voxels of a tile and, if not only relaxing, takes its stress as reference.
template <int Dim>
[[nodiscard]] RatesFound compute_rates(VoxelRates<Dim>& voxels, const RatesAsked<Dim>& asked);

/// Adds the stresses of sources near to a tile.
template <int Dim>
void add_near(GlassState<Dim>& glass, const NearAndFar<Dim>& response, int tile, std::span<const StrainedVoxel<Dim>> sources);

/// The largest squared difference of a tile's stress from its reference [GPa²]; NaN if there is one. @param near  as for RatesAsked
template <int Dim>
[[nodiscard]] double squared_movement(const VoxelRates<Dim>& voxels, int tile, const StrainedVoxel<Dim>* near);

/// Moves what has settled of the far field to the reference stress of a tile.
template <int Dim>
void settle_reference(VoxelRates<Dim>& voxels, int tile, int leaf);

/// What is true of the voxels of a group.
struct GroupTruth {
    Lanes rate;         ///< largest sum of rates at either end of the window [1/s]
    Lanes highest_now;  ///< largest −Q/k_B T at its beginning
    Lanes highest;      ///< and at either end
};

/// @param begin, end  stress at the ends of the window [GPa]  @param now  its beginning, of which the softening is
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

    /// Computes the exponents of a group. @param now  a time that has come  @param time  of the softening in them
    void find(GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now, const PreciseTime& time);
    /// Computes the rates of a lane under the first stress. @param frequency  ν0 [1/s]
    void find_rates(int lane, double frequency);

    /// −Q/k_B T. @param stress  0 for the first, 1 for the second
    [[nodiscard]] double exponent(int mode, int stress, int lane) const noexcept { return exponents_[(2 * mode + stress) * lane_count + lane]; }
    /// Rate of a mode [1/s].
    [[nodiscard]] double rate(int mode) const noexcept { return rates_[mode]; }
    [[nodiscard]] int modes() const noexcept { return modes_; }

    /// The bodies of `find` and `find_rates`, to be compiled for several instruction sets.
    SHEARWATER_INLINE void find_inline(GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now,
                                       const PreciseTime& time) noexcept;
    SHEARWATER_INLINE void find_rates_inline(int lane, double frequency) noexcept;

  private:
    int modes_;
    std::vector<double> exponents_;  ///< [mode][stress][lane]
    std::vector<double> rates_;      ///< padded to whole lanes [1/s]
};

}  // namespace shearwater
