/// The loops over the voxels of a tile, where the exact engine spends its time. Compiled for several instruction sets, with the same bits
/// as result in all of them.

#include <shearwater/core/clones.hpp>
#include <shearwater/engine/thinning/tile_glass.hpp>

namespace shearwater {

/// Adds the stress of an event in a leaf that it is near to.
template <int Dim>
void TileGlass<Dim>::add_near_source(const Index<Dim>& source, const double* strain, const Index<Dim>& first, Lanes* stress) const noexcept
{
    if (near_kernel_)
        near_kernel_->add(source, strain, first, stress);
    else
        cell_.kernel()->add(source, strain, first, stress);
}

template <int Dim>
double TileGlass<Dim>::rates_inline(int tile, const PreciseTime& since, bool only_relaxing, int next) noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    const bool adds_source = is_near_source(tile);
    if (!only_relaxing) state_[tile].critical_groups = 0;
    // From this −Q/k_B T on, a barrier may vanish at once.
    const Lanes vanishing = broadcast(-1e-9 - state_[tile].sensitivity * state_[tile].uncertainty);
    Lanes total{};
    Lanes rested{};
    Lanes peak = broadcast(-1e300);
    const int groups_of_next = next < 0 ? 0 : tiles_.tiles()[next].groups;
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        if (group - here.first_group < groups_of_next) prefetch_group(tiles_.tiles()[next].first_group + group - here.first_group);
        if (far_) far_->prefetch_next(far_source_);
        const int slot = lane_count * group;
        const GroupState state = this->settled_group_state(group, window_.now);
        if (only_relaxing && is_settled<Dim>(scales_, state, state_[tile].since.high(), state_[tile].since.low())) {
            const Lanes kept = load_rounded_up(rates_.data() + slot);
            total += kept;
            rested += kept;
            continue;
        }
        counters_.refreshed_voxels += tiles_.groups()[group].lanes;
        Lanes stress[n];
        if (only_relaxing) {
            for (int a = 0; a < n; ++a) stress[a] = load(reference_[a].data() + slot);
        } else {
            for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + slot);
            if (adds_source) add_near_source(open_.at, open_.strain.data(), tiles_.groups()[group].first, stress);
            for (int a = 0; a < n; ++a) store(reference_[a].data() + slot, stress[a]);
        }
        if (far_) far_->add_settled_stress(state_[tile].leaf, tiles_.groups()[group].first, stress);
        this->add_mean(group, state_[tile].mean, stress);
        // The exponential hides a NaN; x − x does not.
        Lanes sum{};
        for (int a = 0; a < n; ++a) sum += stress[a] - stress[a];
        Lanes highest = broadcast(-1e300);
        for_each_mode<Dim>(
            scales_, state, stress, stress, since.high(),
            since.low(), [&](int /*mode*/, Lanes exponent, Lanes /*again*/) __attribute__((always_inline)) {
                sum += ::shearwater::rate(exponent, frequency_);
                highest = maximum(highest, exponent);
            });
        constexpr IntegerLanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
        const IntegerLanes real = lane < std::int64_t{tiles_.groups()[group].lanes};
        sum = real != 0 ? sum : Lanes{};
        const Lanes stored = store_rounded_up(rates_.data() + slot, sum);
        total += stored;
        rested += is_fresh<Dim>(scales_, state, since.high(), since.low()) ? Lanes{} : stored;
        // Written so that NaN counts as critical.
        if (!only_relaxing && any_positive(real != 0 && !(highest < vanishing) ? broadcast(1.0) : broadcast(-1.0)))
            state_[tile].critical_groups |= 1U << (group - here.first_group);
        peak = maximum(peak, real != 0 ? highest : broadcast(-1e300));
    }
    double rate = 0.0;
    peak_ = -1e300;
    state_[tile].rested = 0.0;
    for (int lane = 0; lane < lane_count; ++lane) {
        rate += total[lane];
        state_[tile].rested += rested[lane];
        peak_ = peak[lane] > peak_ ? peak[lane] : peak_;
    }
    return rate;
}

template <int Dim>
void TileGlass<Dim>::near_inline(int tile, std::span<const Source> sources) noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        const int slot = lane_count * group;
        const auto lanes = tiles_.groups()[group];
        counters_.near_voxels += lanes.lanes * static_cast<std::int64_t>(sources.size());
        Lanes stress[n];
        for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + slot);
        for (const Source& source : sources) add_near_source(source.at, source.strain.data(), lanes.first, stress);
        for (int a = 0; a < n; ++a) store(stress_[a].data() + slot, stress[a]);
    }
}

template <int Dim>
double TileGlass<Dim>::moved_inline(int tile) const noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    const bool adds_source = is_near_source(tile);
    Lanes largest{};
    Lanes hidden{};
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        Lanes stress[n];
        for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
        if (adds_source) add_near_source(open_.at, open_.strain.data(), tiles_.groups()[group].first, stress);
        Lanes squared{};
        for (int a = 0; a < n; ++a) {
            const Lanes moved = stress[a] - load(reference_[a].data() + lane_count * group);
            squared += moved * moved;
        }
        constexpr IntegerLanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
        squared = lane < std::int64_t{tiles_.groups()[group].lanes} ? squared : Lanes{};
        largest = maximum(largest, squared);
        hidden += squared - squared;  // the maximum hides a NaN; x − x does not
    }
    double most = 0.0;
    for (int lane = 0; lane < lane_count; ++lane) most = largest[lane] > most ? largest[lane] : most;
    for (int lane = 0; lane < lane_count; ++lane) most += hidden[lane];
    return most;
}

template <int Dim>
void TileGlass<Dim>::settle_inline(int tile) noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        Lanes settled[n];
        for (int a = 0; a < n; ++a) settled[a] = load(reference_[a].data() + lane_count * group);
        far_->add_settled_stress(state_[tile].leaf, tiles_.groups()[group].first, settled);
        for (int a = 0; a < n; ++a) store(reference_[a].data() + lane_count * group, settled[a]);
    }
}

template <int Dim>
void TileGlass<Dim>::exponents_inline(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time) noexcept
{
    for_each_mode<Dim>(
        scales_, this->settled_group_state(group, window_.now), begin, end, time.high(),
        time.low(), [&](int mode, Lanes from_begin, Lanes from_end) __attribute__((always_inline)) {
            store(exponents_.data() + 2 * mode * lane_count, from_begin);
            store(exponents_.data() + (2 * mode + 1) * lane_count, from_end);
        });
}

template <int Dim>
void TileGlass<Dim>::lane_rates_inline(int lane) noexcept
{
    for (int mode = 0; mode < scales_.modes; ++mode) lane_rates_[mode] = exponent_at(mode, 0, lane);
    for (std::size_t first = 0; first < lane_rates_.size(); first += lane_count)
        store(lane_rates_.data() + first, ::shearwater::rate(load(lane_rates_.data() + first), frequency_));
}

template <int Dim>
typename TileGlass<Dim>::GroupTruth TileGlass<Dim>::truth_inline(int group, const Lanes* begin, const Lanes* end) const noexcept
{
    Lanes at_begin{};
    Lanes at_end{};
    GroupTruth truth{{}, broadcast(-1e300), broadcast(-1e300)};
    for_each_mode<Dim>(
        scales_, this->group_state(group), begin, end, window_.now.high(),
        window_.now.low(), [&](int /*mode*/, Lanes from_begin, Lanes from_end) __attribute__((always_inline)) {
            at_begin += ::shearwater::rate(from_begin, frequency_);
            at_end += ::shearwater::rate(from_end, frequency_);
            truth.highest_now = maximum(truth.highest_now, from_begin);
            truth.highest = maximum(truth.highest, maximum(from_begin, from_end));
        });
    truth.rate = maximum(at_begin, at_end);
    return truth;
}

namespace {

SHEARWATER_CLONES TileGlass<2>::GroupTruth truth_2d(const TileGlass<2>& model, int group, const Lanes* begin, const Lanes* end)
{
    return model.truth_inline(group, begin, end);
}

SHEARWATER_CLONES TileGlass<3>::GroupTruth truth_3d(const TileGlass<3>& model, int group, const Lanes* begin, const Lanes* end)
{
    return model.truth_inline(group, begin, end);
}

SHEARWATER_CLONES void exponents_2d(TileGlass<2>& model, int group, const Lanes* begin, const Lanes* end, const PreciseTime& time)
{
    model.exponents_inline(group, begin, end, time);
}

SHEARWATER_CLONES void exponents_3d(TileGlass<3>& model, int group, const Lanes* begin, const Lanes* end, const PreciseTime& time)
{
    model.exponents_inline(group, begin, end, time);
}

SHEARWATER_CLONES void lane_rates_2d(TileGlass<2>& model, int lane)
{
    model.lane_rates_inline(lane);
}

SHEARWATER_CLONES void lane_rates_3d(TileGlass<3>& model, int lane)
{
    model.lane_rates_inline(lane);
}

SHEARWATER_CLONES double rates_2d(TileGlass<2>& model, int tile, const PreciseTime& since, bool only_relaxing, int next)
{
    return model.rates_inline(tile, since, only_relaxing, next);
}

SHEARWATER_CLONES double rates_3d(TileGlass<3>& model, int tile, const PreciseTime& since, bool only_relaxing, int next)
{
    return model.rates_inline(tile, since, only_relaxing, next);
}

SHEARWATER_CLONES void near_2d(TileGlass<2>& model, int tile, std::span<const TileGlass<2>::Source> sources)
{
    model.near_inline(tile, sources);
}

SHEARWATER_CLONES void near_3d(TileGlass<3>& model, int tile, std::span<const TileGlass<3>::Source> sources)
{
    model.near_inline(tile, sources);
}

SHEARWATER_CLONES void settle_2d(TileGlass<2>& model, int tile)
{
    model.settle_inline(tile);
}

SHEARWATER_CLONES double moved_2d(const TileGlass<2>& model, int tile)
{
    return model.moved_inline(tile);
}

SHEARWATER_CLONES void settle_3d(TileGlass<3>& model, int tile)
{
    model.settle_inline(tile);
}

SHEARWATER_CLONES double moved_3d(const TileGlass<3>& model, int tile)
{
    return model.moved_inline(tile);
}

}  // namespace

template <>
double TileGlass<2>::rates(int tile, const PreciseTime& since, bool only_relaxing, int next)
{
    return rates_2d(*this, tile, since, only_relaxing, next);
}

template <>
double TileGlass<3>::rates(int tile, const PreciseTime& since, bool only_relaxing, int next)
{
    return rates_3d(*this, tile, since, only_relaxing, next);
}

template <>
void TileGlass<2>::find_exponents(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time)
{
    exponents_2d(*this, group, begin, end, time);
}

template <>
void TileGlass<3>::find_exponents(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time)
{
    exponents_3d(*this, group, begin, end, time);
}

template <>
void TileGlass<2>::find_lane_rates(int lane)
{
    lane_rates_2d(*this, lane);
}

template <>
void TileGlass<3>::find_lane_rates(int lane)
{
    lane_rates_3d(*this, lane);
}

template <>
TileGlass<2>::GroupTruth TileGlass<2>::truth(int group, const Lanes* begin, const Lanes* end) const
{
    return truth_2d(*this, group, begin, end);
}

template <>
TileGlass<3>::GroupTruth TileGlass<3>::truth(int group, const Lanes* begin, const Lanes* end) const
{
    return truth_3d(*this, group, begin, end);
}

template <>
void TileGlass<2>::add_near(int tile, std::span<const Source> sources)
{
    near_2d(*this, tile, sources);
}

template <>
void TileGlass<3>::add_near(int tile, std::span<const Source> sources)
{
    near_3d(*this, tile, sources);
}

template <>
void TileGlass<2>::settle_reference(int tile)
{
    settle_2d(*this, tile);
}

template <>
double TileGlass<2>::squared_movement(int tile) const
{
    return moved_2d(*this, tile);
}

template <>
void TileGlass<3>::settle_reference(int tile)
{
    settle_3d(*this, tile);
}

template <>
double TileGlass<3>::squared_movement(int tile) const
{
    return moved_3d(*this, tile);
}

}  // namespace shearwater
