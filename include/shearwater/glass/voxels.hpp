#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/lattice/tiles.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/stz/catalogue.hpp>
#include <shearwater/stz/options.hpp>

namespace shearwater {

/// State that events have left in the eight voxels of a lane group; zero for voxels that have not transformed.
template <int Dim>
struct GroupHistory {
    static constexpr int n = deviator_size<Dim>;

    std::array<double, lane_count> permanent{};              ///< η_p
    std::array<double, lane_count> last_high{};              ///< time of the last event, high and low part [s]
    std::array<double, lane_count> last_low{};               //
    std::array<std::int32_t, lane_count> generation{};       ///< number of events so far
    std::array<std::int32_t, n * lane_count> eigenstrain{};  ///< sum of the strain codes of all events [coefficient][lane]
    std::array<std::int16_t, n * lane_count> previous{};     ///< strain code of the last event [coefficient][lane]
};

/// State that events have left in one voxel.
template <int Dim>
struct VoxelState {
    Deviator<Dim> eigenstrain{};  ///< accumulated plastic strain
    std::int32_t generation = 0;  ///< number of events so far
    double permanent = 0.0;       ///< η_p
    PreciseTime last;             ///< time of the last event [s]
    StrainCode<Dim> previous{};   ///< strain code of the last event
};

/// The state of the voxels of one rank, in slots (lattice/tiles.hpp): catalogue, softening and eigenstrain.
///
/// Within a lane group the layout of the catalogue is [mode][coefficient][lane], so that a mode of eight voxels is read at once. The catalogue is
/// stored, with 6 bytes per mode in 2D, and not drawn again on demand: it takes 120 ns to draw a mode (two blocks of Philox, logarithm, sine and
/// cosine; measured) but only 2 ns to compute its rate, and about 450 voxels are computed per event. The history of a group is allocated at its first
/// event, so that memory grows with the deformed part of the cell.
template <int Dim>
class Voxels {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Constructs the undeformed state. Collective. Keeps references to all arguments but `comm`.
    /// @throws Interrupted if the time is up according to `comm`
    Voxels(const Communicator& comm, const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const SofteningOptions& softening);

    /// Carries out an event in a voxel of this rank: softening, generation, eigenstrain and new modes.
    /// @throws RunError if the eigenstrain of the voxel would overflow because it has transformed too often
    void transform(int slot, const Event& event);

    /// Strain code of one mode of one voxel.
    [[nodiscard]] StrainCode<Dim> strain_code(int slot, int mode) const noexcept;

    /// Whether the strain of a mode is opposed to the strain of the voxel's last event.
    [[nodiscard]] bool is_reversal(int slot, const StrainCode<Dim>& code) const noexcept;

    [[nodiscard]] VoxelState<Dim> state(int slot) const noexcept;

    /// Softening η of a voxel at a time [-].
    [[nodiscard]] double softening(const VoxelState<Dim>& state, const PreciseTime& now, double relaxation_time) const noexcept;

    [[nodiscard]] int modes() const noexcept { return catalogue_.options().modes; }
    [[nodiscard]] const std::int16_t* strains(int group) const noexcept
    {
        return strains_.data() + std::size_t{1} * group * modes() * n * lane_count;
    }
    /// Barriers of a group [mode][lane]; null if all barriers are equal.
    [[nodiscard]] const std::int16_t* barriers(int group) const noexcept
    {
        return barriers_.empty() ? nullptr : barriers_.data() + std::size_t{1} * group * modes() * lane_count;
    }

    /// The history of a group, or null if none of its voxels has transformed.
    [[nodiscard]] const GroupHistory<Dim>* history(int group) const noexcept
    {
        const int place = place_[group];
        return place < 0 ? nullptr : &blocks_[place / groups_per_block][place % groups_per_block];
    }

    /// Number of events of a voxel so far.
    [[nodiscard]] std::int32_t generation(int slot) const noexcept
    {
        const auto* past = history(slot / lane_count);
        return past == nullptr ? 0 : past->generation[slot % lane_count];
    }

    /// Accumulated plastic strain of a voxel, as deviatoric coefficients. It is a sum of integers, so that the order of events does not matter.
    [[nodiscard]] Deviator<Dim> eigenstrain(int slot) const noexcept;

    /// Lists the state that events have left. Modes follow from it.
    void visit(Archive& archive);

    /// Number of lane groups that have a history.
    [[nodiscard]] int groups_with_history() const noexcept { return used_; }

    /// Bytes needed per voxel, whether it has transformed or not, with the given number of modes.
    [[nodiscard]] static double bytes_per_voxel(const CatalogueOptions& options) noexcept;

    /// Additional bytes needed per voxel of a group with a history.
    static constexpr double history_bytes_per_voxel = sizeof(GroupHistory<Dim>) / static_cast<double>(lane_count);

  private:
    static constexpr int groups_per_block = 1024;

    void draw_modes(int slot, std::int64_t generation);
    void redraw_modes(int group);
    [[nodiscard]] GroupHistory<Dim>& begin_history(int group);

    const Tiles<Dim>& tiles_;
    const Catalogue<Dim>& catalogue_;
    const SofteningOptions& softening_;
    std::vector<std::int16_t> strains_;
    std::vector<std::int16_t> barriers_;
    std::vector<std::int32_t> place_;  ///< index of a group's history in the blocks, or −1
    std::vector<std::unique_ptr<GroupHistory<Dim>[]>> blocks_;
    int used_ = 0;
};

}  // namespace shearwater
