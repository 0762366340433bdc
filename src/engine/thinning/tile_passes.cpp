#include <shearwater/engine/thinning/tile_passes.hpp>

#include <shearwater/core/clones.hpp>

namespace shearwater {

template <int Dim>
void VoxelRates<Dim>::prefetch_stress(int group) const noexcept
{
    for (int a = 0; a < n; ++a) {
        __builtin_prefetch(glass.stress(a).data() + lane_count * group, 1);
        __builtin_prefetch(reference[a].data() + lane_count * group, 1);
    }
}

template <int Dim>
void VoxelRates<Dim>::prefetch_group(int group) const noexcept
{
    prefetch_stress(group);
    constexpr int line = 64 / sizeof(std::int16_t);
    const int codes = glass.scales().modes * lane_count;
    const std::int16_t* strains = glass.voxels().strains(group);
    for (int at = 0; at < codes * n; at += line) __builtin_prefetch(strains + at);
    const std::int16_t* barriers = glass.voxels().barriers(group);
    for (int at = 0; at < codes && barriers != nullptr; at += line) __builtin_prefetch(barriers + at);
}

template <int Dim>
void VoxelRates<Dim>::prefetch_stress_of(const Tile& tile) const noexcept
{
    for (int group = tile.first_group; group < tile.first_group + tile.groups; ++group) prefetch_stress(group);
}

template <int Dim>
void VoxelRates<Dim>::prefetch_groups_of(const Tile& tile) const noexcept
{
    for (int group = tile.first_group; group < tile.first_group + tile.groups; ++group) prefetch_group(group);
}

namespace {

/// All ones in the lanes of a group that hold a voxel.
SHEARWATER_INLINE IntegerLanes real_lanes(int lanes) noexcept
{
    constexpr IntegerLanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return lane < std::int64_t{lanes};
}

/// Stress of a group for its rates. Unless they only relax, it also becomes the reference. @param first  voxel of lane 0
template <int Dim>
SHEARWATER_INLINE void stress_for_rates(VoxelRates<Dim>& voxels, const RatesAsked<Dim>& asked, int group, const Index<Dim>& first,
                                        Lanes* stress) noexcept
{
    constexpr int n = deviator_size<Dim>;
    const int slot = lane_count * group;
    if (asked.only_relaxing) {
        for (int a = 0; a < n; ++a) stress[a] = load(voxels.reference[a].data() + slot);
    } else {
        voxels.glass.load_stress(group, stress);
        if (asked.near != nullptr) voxels.response.add_near(*asked.near, first, stress);
        for (int a = 0; a < n; ++a) store(voxels.reference[a].data() + slot, stress[a]);
    }
    if (voxels.response.has_kernel()) voxels.response.far().add_settled_stress(asked.state.mark.leaf, first, stress);
    voxels.glass.mean().add(group, asked.state.mean, stress);
}

template <int Dim>
SHEARWATER_INLINE RatesFound rates_inline(VoxelRates<Dim>& voxels, const RatesAsked<Dim>& asked) noexcept
{
    constexpr int n = deviator_size<Dim>;
    GlassState<Dim>& glass = voxels.glass;
    const TileState<Dim>& state = asked.state;
    const RateScales& scales = glass.scales();
    const auto& tiles = glass.tiles();
    const Tile& here = tiles.tiles()[asked.tile];
    const bool prefetches = asked.next_in_far != nullptr && voxels.response.has_kernel();
    // A barrier may vanish at once where −Q/k_B T is at least this.
    const Lanes vanishing = broadcast(-1e-9 - state.sensitivity * state.uncertainty);
    RatesFound found;
    Lanes total{};
    Lanes rested{};
    Lanes peak = broadcast(-1e300);
    const int groups_of_next = asked.next < 0 ? 0 : tiles.tiles()[asked.next].groups;
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        if (group - here.first_group < groups_of_next) voxels.prefetch_group(tiles.tiles()[asked.next].first_group + group - here.first_group);
        if (prefetches) voxels.response.far().prefetch_next(*asked.next_in_far);
        const int slot = lane_count * group;
        const GroupState of_group = glass.settled_group_state(group, asked.now);
        if (asked.only_relaxing && is_settled<Dim>(scales, of_group, state.since.high(), state.since.low())) {
            const Lanes kept = load_rounded_up(voxels.rates.data() + slot);
            total += kept;
            rested += kept;
            continue;
        }
        const auto lanes = tiles.groups()[group];
        glass.counters().refreshed_voxels += lanes.lanes;
        Lanes stress[n];
        stress_for_rates<Dim>(voxels, asked, group, lanes.first, stress);
        // The exponential does not pass on a NaN; x − x does.
        Lanes sum{};
        for (int a = 0; a < n; ++a) sum += stress[a] - stress[a];
        Lanes highest = broadcast(-1e300);
        const double frequency = glass.frequency();
        for_each_mode<Dim>(
            scales, of_group, stress, stress, asked.since.high(),
            asked.since.low(), [&](int /*mode*/, Lanes exponent, Lanes /*again*/) __attribute__((always_inline)) {
                sum += rate(exponent, frequency);
                highest = maximum(highest, exponent);
            });
        const IntegerLanes real = real_lanes(lanes.lanes);
        sum = real != 0 ? sum : Lanes{};
        const Lanes stored = store_rounded_up(voxels.rates.data() + slot, sum);
        total += stored;
        rested += is_fresh<Dim>(scales, of_group, asked.since.high(), asked.since.low()) ? Lanes{} : stored;
        // A NaN also counts as critical.
        if (!asked.only_relaxing && any_positive(real != 0 && !(highest < vanishing) ? broadcast(1.0) : broadcast(-1.0)))
            found.critical_groups |= 1U << (group - here.first_group);
        peak = maximum(peak, real != 0 ? highest : broadcast(-1e300));
    }
    for (int lane = 0; lane < lane_count; ++lane) {
        found.total += total[lane];
        found.rested += rested[lane];
        found.peak = peak[lane] > found.peak ? peak[lane] : found.peak;
    }
    return found;
}

template <int Dim>
SHEARWATER_INLINE void near_inline(GlassState<Dim>& glass, const NearAndFar<Dim>& response, int tile,
                                   std::span<const StrainedVoxel<Dim>> sources) noexcept
{
    const Tile& here = glass.tiles().tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        const auto lanes = glass.tiles().groups()[group];
        glass.counters().near_voxels += lanes.lanes * static_cast<std::int64_t>(sources.size());
        Lanes stress[deviator_size<Dim>];
        glass.load_stress(group, stress);
        for (const StrainedVoxel<Dim>& source : sources) response.add_near(source, lanes.first, stress);
        glass.store_stress(group, stress);
    }
}

template <int Dim>
SHEARWATER_INLINE double moved_inline(const VoxelRates<Dim>& voxels, int tile, const StrainedVoxel<Dim>* near) noexcept
{
    constexpr int n = deviator_size<Dim>;
    const GlassState<Dim>& glass = voxels.glass;
    const Tile& here = glass.tiles().tiles()[tile];
    Lanes largest{};
    Lanes hidden{};
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        const auto lanes = glass.tiles().groups()[group];
        Lanes stress[n];
        glass.load_stress(group, stress);
        if (near != nullptr) voxels.response.add_near(*near, lanes.first, stress);
        Lanes squared{};
        for (int a = 0; a < n; ++a) {
            const Lanes moved = stress[a] - load(voxels.reference[a].data() + lane_count * group);
            squared += moved * moved;
        }
        squared = real_lanes(lanes.lanes) != 0 ? squared : Lanes{};
        largest = maximum(largest, squared);
        hidden += squared - squared;  // the maximum does not pass on a NaN; x − x does
    }
    double most = 0.0;
    for (int lane = 0; lane < lane_count; ++lane) most = largest[lane] > most ? largest[lane] : most;
    for (int lane = 0; lane < lane_count; ++lane) most += hidden[lane];
    return most;
}

template <int Dim>
SHEARWATER_INLINE void settle_inline(VoxelRates<Dim>& voxels, int tile, int leaf) noexcept
{
    constexpr int n = deviator_size<Dim>;
    const auto& tiles = voxels.glass.tiles();
    const Tile& here = tiles.tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        Lanes settled[n];
        for (int a = 0; a < n; ++a) settled[a] = load(voxels.reference[a].data() + lane_count * group);
        voxels.response.far().add_settled_stress(leaf, tiles.groups()[group].first, settled);
        for (int a = 0; a < n; ++a) store(voxels.reference[a].data() + lane_count * group, settled[a]);
    }
}

template <int Dim>
SHEARWATER_INLINE GroupTruth truth_inline(const GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end,
                                          const PreciseTime& now) noexcept
{
    Lanes at_begin{};
    Lanes at_end{};
    GroupTruth truth{{}, broadcast(-1e300), broadcast(-1e300)};
    const double frequency = glass.frequency();
    for_each_mode<Dim>(
        glass.scales(), glass.group_state(group), begin, end, now.high(),
        now.low(), [&](int /*mode*/, Lanes from_begin, Lanes from_end) __attribute__((always_inline)) {
            at_begin += rate(from_begin, frequency);
            at_end += rate(from_end, frequency);
            truth.highest_now = maximum(truth.highest_now, from_begin);
            truth.highest = maximum(truth.highest, maximum(from_begin, from_end));
        });
    truth.rate = maximum(at_begin, at_end);
    return truth;
}

}  // namespace

template <int Dim>
void GroupModes<Dim>::find_inline(GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now,
                                  const PreciseTime& time) noexcept
{
    double* exponents = exponents_.data();
    for_each_mode<Dim>(
        glass.scales(), glass.settled_group_state(group, now), begin, end, time.high(),
        time.low(), [=](int mode, Lanes from_begin, Lanes from_end) __attribute__((always_inline)) {
            store(exponents + 2 * mode * lane_count, from_begin);
            store(exponents + (2 * mode + 1) * lane_count, from_end);
        });
}

template <int Dim>
void GroupModes<Dim>::find_rates_inline(int lane, double frequency) noexcept
{
    for (int mode = 0; mode < modes_; ++mode) rates_[mode] = exponent(mode, 0, lane);
    for (std::size_t first = 0; first < rates_.size(); first += lane_count)
        store(rates_.data() + first, ::shearwater::rate(load(rates_.data() + first), frequency));
}

// Clones: each function is compiled for several instruction sets, among which the loader chooses.
namespace {

SHEARWATER_CLONES RatesFound rates_clone(VoxelRates<2>& voxels, const RatesAsked<2>& asked)
{
    return rates_inline(voxels, asked);
}

SHEARWATER_CLONES RatesFound rates_clone(VoxelRates<3>& voxels, const RatesAsked<3>& asked)
{
    return rates_inline(voxels, asked);
}

SHEARWATER_CLONES void near_clone(GlassState<2>& glass, const NearAndFar<2>& response, int tile, std::span<const StrainedVoxel<2>> sources)
{
    near_inline(glass, response, tile, sources);
}

SHEARWATER_CLONES void near_clone(GlassState<3>& glass, const NearAndFar<3>& response, int tile, std::span<const StrainedVoxel<3>> sources)
{
    near_inline(glass, response, tile, sources);
}

SHEARWATER_CLONES double moved_clone(const VoxelRates<2>& voxels, int tile, const StrainedVoxel<2>* near)
{
    return moved_inline(voxels, tile, near);
}

SHEARWATER_CLONES double moved_clone(const VoxelRates<3>& voxels, int tile, const StrainedVoxel<3>* near)
{
    return moved_inline(voxels, tile, near);
}

SHEARWATER_CLONES void settle_clone(VoxelRates<2>& voxels, int tile, int leaf)
{
    settle_inline(voxels, tile, leaf);
}

SHEARWATER_CLONES void settle_clone(VoxelRates<3>& voxels, int tile, int leaf)
{
    settle_inline(voxels, tile, leaf);
}

SHEARWATER_CLONES GroupTruth truth_clone(const GlassState<2>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now)
{
    return truth_inline(glass, group, begin, end, now);
}

SHEARWATER_CLONES GroupTruth truth_clone(const GlassState<3>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now)
{
    return truth_inline(glass, group, begin, end, now);
}

SHEARWATER_CLONES void modes_clone(GroupModes<2>& modes, GlassState<2>& glass, int group, const Lanes* begin, const Lanes* end,
                                   const PreciseTime& now, const PreciseTime& time)
{
    modes.find_inline(glass, group, begin, end, now, time);
}

SHEARWATER_CLONES void modes_clone(GroupModes<3>& modes, GlassState<3>& glass, int group, const Lanes* begin, const Lanes* end,
                                   const PreciseTime& now, const PreciseTime& time)
{
    modes.find_inline(glass, group, begin, end, now, time);
}

SHEARWATER_CLONES void lane_rates_clone(GroupModes<2>& modes, int lane, double frequency)
{
    modes.find_rates_inline(lane, frequency);
}

SHEARWATER_CLONES void lane_rates_clone(GroupModes<3>& modes, int lane, double frequency)
{
    modes.find_rates_inline(lane, frequency);
}

}  // namespace

template <int Dim>
RatesFound compute_rates(VoxelRates<Dim>& voxels, const RatesAsked<Dim>& asked)
{
    return rates_clone(voxels, asked);
}

template <int Dim>
void add_near(GlassState<Dim>& glass, const NearAndFar<Dim>& response, int tile, std::span<const StrainedVoxel<Dim>> sources)
{
    near_clone(glass, response, tile, sources);
}

template <int Dim>
double squared_movement(const VoxelRates<Dim>& voxels, int tile, const StrainedVoxel<Dim>* near)
{
    return moved_clone(voxels, tile, near);
}

template <int Dim>
void settle_reference(VoxelRates<Dim>& voxels, int tile, int leaf)
{
    settle_clone(voxels, tile, leaf);
}

template <int Dim>
GroupTruth truth_of(const GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now)
{
    return truth_clone(glass, group, begin, end, now);
}

template <int Dim>
void GroupModes<Dim>::find(GlassState<Dim>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now, const PreciseTime& time)
{
    modes_clone(*this, glass, group, begin, end, now, time);
}

template <int Dim>
void GroupModes<Dim>::find_rates(int lane, double frequency)
{
    lane_rates_clone(*this, lane, frequency);
}

template struct VoxelRates<2>;
template struct VoxelRates<3>;
template class GroupModes<2>;
template class GroupModes<3>;
template RatesFound compute_rates(VoxelRates<2>& voxels, const RatesAsked<2>& asked);
template RatesFound compute_rates(VoxelRates<3>& voxels, const RatesAsked<3>& asked);
template void add_near(GlassState<2>& glass, const NearAndFar<2>& response, int tile, std::span<const StrainedVoxel<2>> sources);
template void add_near(GlassState<3>& glass, const NearAndFar<3>& response, int tile, std::span<const StrainedVoxel<3>> sources);
template double squared_movement(const VoxelRates<2>& voxels, int tile, const StrainedVoxel<2>* near);
template double squared_movement(const VoxelRates<3>& voxels, int tile, const StrainedVoxel<3>* near);
template void settle_reference(VoxelRates<2>& voxels, int tile, int leaf);
template void settle_reference(VoxelRates<3>& voxels, int tile, int leaf);
template GroupTruth truth_of(const GlassState<2>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now);
template GroupTruth truth_of(const GlassState<3>& glass, int group, const Lanes* begin, const Lanes* end, const PreciseTime& now);

}  // namespace shearwater
