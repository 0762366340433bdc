#pragma once

#include <vector>

#include <shearwater/kmc/event.hpp>
#include <shearwater/lattice/tiles.hpp>
#include <shearwater/stz/catalogue.hpp>
#include <shearwater/stz/options.hpp>

namespace shearwater {

/// The state of the voxels of one rank, in slots (lattice/tiles.hpp): catalogue, softening and eigenstrain.
///
/// Within a lane group the catalogue lies [mode][coefficient][lane], so that a mode of eight voxels is read at once.
template <int Dim>
class Voxels {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// The undeformed state. Keeps references to both.
    Voxels(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const SofteningOptions& softening);

    /// Carries out an event in a voxel of this rank: softening, generation, eigenstrain and new modes.
    void transform(int slot, const Event& event);

    /// Strain code of one mode of one voxel.
    [[nodiscard]] StrainCode<Dim> strain_code(int slot, int mode) const noexcept;

    /// Whether the strain of a mode points back against the voxel's last event.
    [[nodiscard]] bool is_reversal(int slot, const StrainCode<Dim>& code) const noexcept;

    /// Softening η at a time [-].
    [[nodiscard]] double softening(int slot, const PreciseTime& now, double relaxation_time) const noexcept;

    [[nodiscard]] int modes() const noexcept { return catalogue_.options().modes; }
    [[nodiscard]] const std::int16_t* strains(int group) const noexcept
    {
        return strains_.data() + std::size_t{1} * group * modes() * n * lane_count;
    }
    /// Null when all barriers are equal.
    [[nodiscard]] const std::int16_t* barriers(int group) const noexcept
    {
        return barriers_.empty() ? nullptr : barriers_.data() + std::size_t{1} * group * modes() * lane_count;
    }
    [[nodiscard]] const std::int16_t* previous(int group) const noexcept { return previous_.data() + std::size_t{1} * group * n * lane_count; }
    [[nodiscard]] const std::vector<double>& permanent() const noexcept { return permanent_; }
    [[nodiscard]] const std::vector<double>& temporary() const noexcept { return temporary_; }
    [[nodiscard]] const std::vector<double>& last_high() const noexcept { return last_high_; }
    [[nodiscard]] const std::vector<double>& last_low() const noexcept { return last_low_; }
    [[nodiscard]] const std::vector<std::int32_t>& generation() const noexcept { return generation_; }

    /// Accumulated plastic strain: deviatoric coefficient `a` per slot.
    [[nodiscard]] const std::vector<double>& eigenstrain(int a) const noexcept { return eigenstrain_[a]; }

    /// Bytes held for every voxel with the given number of modes.
    [[nodiscard]] static std::int64_t bytes_per_voxel(const CatalogueOptions& options) noexcept;

  private:
    void draw_modes(int slot, std::int64_t generation);

    const Tiles<Dim>& tiles_;
    const Catalogue<Dim>& catalogue_;
    const SofteningOptions& softening_;
    std::vector<std::int16_t> strains_;
    std::vector<std::int16_t> barriers_;
    std::vector<std::int16_t> previous_;  ///< strain code of the last event [group][coefficient][lane]
    std::vector<double> permanent_;       ///< η_p
    std::vector<double> temporary_;       ///< η_t just after the last event
    std::vector<double> last_high_;       ///< time of the last event, high and low part [s]
    std::vector<double> last_low_;
    std::vector<std::int32_t> generation_;
    std::array<std::vector<double>, n> eigenstrain_;
};

}  // namespace shearwater
