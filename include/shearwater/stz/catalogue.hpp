#pragma once

#include <array>
#include <cstdint>

#include <shearwater/core/tensor.hpp>
#include <shearwater/stz/options.hpp>

namespace shearwater {

/// Strain code of a mode: its deviatoric coefficients in units of Catalogue::strain_unit.
template <int Dim>
using StrainCode = std::array<std::int16_t, deviator_size<Dim>>;

/// The catalogue of the modes of all voxels (STZ paper, Eq. 4), a pure function of (seed, voxel, generation, mode).
///
/// Strains and barriers are rounded to 16-bit integers. The rounded values define the model, so that it does not matter whether they are stored or
/// drawn again. Their resolution is 2^-12 standard deviations (2^-14 of the length for Magnitude::Fixed), far below what a test of the distributions
/// could resolve with 10^8 draws. Values beyond ±8 standard deviations (probability 1e-15) are clamped.
template <int Dim>
class Catalogue {
  public:
    Catalogue(const CatalogueOptions& options, std::uint64_t seed);

    [[nodiscard]] const CatalogueOptions& options() const noexcept { return options_; }

    /// Strain code of a mode of a voxel in a generation.
    [[nodiscard]] StrainCode<Dim> strain(std::int64_t voxel, std::int64_t generation, int mode) const noexcept;

    /// Code of the stress-free barrier of a mode, for `decode_barrier`. With Redraw::Strains it is that of generation 0 in all generations.
    [[nodiscard]] std::int16_t barrier_code(std::int64_t voxel, std::int64_t generation, int mode) const noexcept;

    /// Resolution of strain coefficients: the coefficient of code 1 [-].
    [[nodiscard]] double strain_unit() const noexcept { return strain_unit_; }

    /// Resolution of barriers: the difference of consecutive codes [eV]. It is 0 if all barriers are equal.
    [[nodiscard]] double barrier_unit() const noexcept { return barrier_unit_; }

    /// Strain of a code [-].
    [[nodiscard]] Deviator<Dim> decode(const StrainCode<Dim>& code) const noexcept
    {
        Deviator<Dim> strain{};
        for (int a = 0; a < deviator_size<Dim>; ++a) strain[a] = strain_unit_ * code[a];
        return strain;
    }

    /// Stress-free barrier of a code, above 0 [eV].
    [[nodiscard]] double decode_barrier(std::int16_t code) const noexcept { return options_.barrier + barrier_unit_ * code; }

  private:
    CatalogueOptions options_;
    std::uint64_t seed_;
    double strain_unit_;
    double barrier_unit_;
};

}  // namespace shearwater
