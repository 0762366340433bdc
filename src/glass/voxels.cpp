#include <shearwater/glass/voxels.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/stz/barrier.hpp>

namespace shearwater {

template <int Dim>
Voxels<Dim>::Voxels(const Communicator& comm, const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const SofteningOptions& softening)
    : tiles_(tiles),
      catalogue_(catalogue),
      softening_(softening),
      strains_(std::size_t{1} * tiles.slots() * modes() * n),
      barriers_(catalogue.barrier_unit() == 0.0 ? 0 : std::size_t{1} * tiles.slots() * modes()),
      place_(tiles.groups().size(), -1)
{
    constexpr int slots_between = 1024;  // number of slots between checks of the time limit
    bool goes_on = true;
    tiles_.for_each([&](int slot) {
        if (slot % slots_between == 0) goes_on = goes_on && !comm.must_end();
        if (goes_on) draw_modes(slot, 0);
    });
    leave_if_due(comm);
}

template <int Dim>
void Voxels<Dim>::draw_modes(int slot, std::int64_t generation)
{
    const int group = slot / lane_count;
    const int lane = slot % lane_count;
    const std::int64_t voxel = tiles_.voxel_id(slot);
    const bool barriers = !barriers_.empty() && (generation == 0 || catalogue_.options().redraw == Redraw::All);
    for (int mode = 0; mode < modes(); ++mode) {
        const std::size_t row = std::size_t{1} * group * modes() + mode;
        const auto code = catalogue_.strain(voxel, generation, mode);
        for (int a = 0; a < n; ++a) strains_[(row * n + a) * lane_count + lane] = code[a];
        if (barriers) barriers_[row * lane_count + lane] = catalogue_.barrier_code(voxel, generation, mode);
    }
}

/// The history of a group, which is allocated if it has none.
template <int Dim>
GroupHistory<Dim>& Voxels<Dim>::begin_history(int group)
{
    if (place_[group] < 0) {
        if (used_ % groups_per_block == 0) blocks_.push_back(std::make_unique<GroupHistory<Dim>[]>(groups_per_block));
        place_[group] = used_++;
    }
    return blocks_[place_[group] / groups_per_block][place_[group] % groups_per_block];
}

template <int Dim>
void Voxels<Dim>::transform(int slot, const Event& event)
{
    const auto code = strain_code(slot, event.mode);
    const auto strain = catalogue_.decode(code);
    auto& past = begin_history(slot / lane_count);
    const int lane = slot % lane_count;
    // A code is below 2^15, so that this limit is reached only after at least 2^16 events in the same direction.
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max() - std::numeric_limits<std::int16_t>::max() - 1;
    for (int a = 0; a < n; ++a)
        if (std::abs(past.eigenstrain[a * lane_count + lane]) > most)
            throw RunError(fmt::format("voxel {} has been strained by more than {:.0f}, which its memory cannot hold: stop the run earlier",
                                       tiles_.voxel_id(slot), catalogue_.strain_unit() * most));
    past.permanent[lane] = permanent_softening(softening_, past.permanent[lane], squared_strain(strain));
    past.last_high[lane] = event.time.high();
    past.last_low[lane] = event.time.low();
    for (int a = 0; a < n; ++a) {
        past.eigenstrain[a * lane_count + lane] += code[a];
        past.previous[a * lane_count + lane] = code[a];
    }
    draw_modes(slot, ++past.generation[lane]);
}

template <int Dim>
StrainCode<Dim> Voxels<Dim>::strain_code(int slot, int mode) const noexcept
{
    StrainCode<Dim> code{};
    for (int a = 0; a < n; ++a) code[a] = strains(slot / lane_count)[(mode * n + a) * lane_count + slot % lane_count];
    return code;
}

template <int Dim>
bool Voxels<Dim>::is_reversal(int slot, const StrainCode<Dim>& code) const noexcept
{
    const auto* past = history(slot / lane_count);
    if (past == nullptr) return false;
    std::int64_t product = 0;
    for (int a = 0; a < n; ++a) product += std::int64_t{code[a]} * past->previous[a * lane_count + slot % lane_count];
    return product < 0;
}

template <int Dim>
VoxelState<Dim> Voxels<Dim>::state(int slot) const noexcept
{
    VoxelState<Dim> state;
    const auto* past = history(slot / lane_count);
    if (past == nullptr) return state;
    const int lane = slot % lane_count;
    state.eigenstrain = eigenstrain(slot);
    state.generation = past->generation[lane];
    state.permanent = past->permanent[lane];
    state.last = {past->last_high[lane], past->last_low[lane]};
    for (int a = 0; a < n; ++a) state.previous[a] = past->previous[a * lane_count + lane];
    return state;
}

template <int Dim>
double Voxels<Dim>::softening(const VoxelState<Dim>& state, const PreciseTime& now, double relaxation_time) const noexcept
{
    const double temporary = temporary_softening(softening_, squared_strain(catalogue_.decode(state.previous)));
    return state.permanent + temporary * exponential_function(-(now - state.last) / relaxation_time);
}

template <int Dim>
Deviator<Dim> Voxels<Dim>::eigenstrain(int slot) const noexcept
{
    Deviator<Dim> strain{};
    const auto* past = history(slot / lane_count);
    if (past == nullptr) return strain;
    for (int a = 0; a < n; ++a) strain[a] = catalogue_.strain_unit() * past->eigenstrain[a * lane_count + slot % lane_count];
    return strain;
}

template <int Dim>
double Voxels<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    const double codes = options.modes * (n + (options.barrier_std > 0.0 ? 1 : 0));
    return codes * sizeof(std::int16_t) + sizeof(std::int32_t) / static_cast<double>(lane_count);
}

template <int Dim>
void Voxels<Dim>::visit(Archive& archive)
{
    using History = GroupHistory<Dim>;
    static_assert(sizeof(History) == lane_count * (3 * sizeof(double) + (n + 1) * sizeof(std::int32_t) + n * sizeof(std::int16_t)));
    std::vector<int> groups(static_cast<std::size_t>(used_));
    std::vector<History> histories(groups.size());
    std::vector<bool> had_history(place_.size());
    for (int group = 0; group < static_cast<int>(place_.size()); ++group) {
        if (place_[group] < 0) continue;
        had_history[group] = true;
        groups[place_[group]] = group;
        histories[place_[group]] = *history(group);
    }
    archive("groups", groups);
    archive.as_bytes("histories", histories);
    if (!archive.reads()) return;
    SHEARWATER_EXPECTS(groups.size() == histories.size());
    std::fill(place_.begin(), place_.end(), -1);
    blocks_.clear();
    used_ = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) begin_history(groups[i]) = histories[i];
    for (int group = 0; group < static_cast<int>(place_.size()); ++group)
        if (had_history[group] || place_[group] >= 0) redraw_modes(group);
}

/// Draws the modes of a group that follow from its history.
template <int Dim>
void Voxels<Dim>::redraw_modes(int group)
{
    for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
        const int slot = lane_count * group + lane;
        // Barriers that are not drawn again remain those of generation 0.
        draw_modes(slot, 0);
        if (generation(slot) > 0) draw_modes(slot, generation(slot));
    }
}

template class Voxels<2>;
template class Voxels<3>;

}  // namespace shearwater
