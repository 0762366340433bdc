#pragma once

#include <array>
#include <cstdint>

#include <shearwater/core/tensor.hpp>
#include <shearwater/stz/options.hpp>

namespace shearwater {

/// Strain of a mode as stored: its deviatoric coefficients in units of Catalogue::strain_unit.
template <int Dim>
using StrainCode = std::array<std::int16_t, deviator_size<Dim>>;

/// The modes of all voxels (STZ paper, Eq. 4): a pure function of (seed, voxel, generation, mode).
///
/// Strains and barriers are rounded to 16-bit integers, and the rounded values are the model: the same whether they are
/// stored or drawn again. The steps are 2^-12 standard deviations (2^-14 of the length for Magnitude::Fixed), far below what
/// a test of the distributions could resolve with 10^8 draws; beyond ±8 standard deviations (probability 1e-15) values are cut.
template <int Dim>
class Catalogue {
  public:
    Catalogue(const CatalogueOptions& options, std::uint64_t seed);

    [[nodiscard]] const CatalogueOptions& options() const noexcept { return options_; }

    /// Strain of a mode in a generation of a voxel.
    [[nodiscard]] StrainCode<Dim> strain(std::int64_t voxel, std::int64_t generation, int mode) const noexcept;

    /// Barrier of a mode, coded: `barrier()` + code × `barrier_unit()` [eV] > 0. With Redraw::Strains generation 0's stays.
    [[nodiscard]] std::int16_t barrier_code(std::int64_t voxel, std::int64_t generation, int mode) const noexcept;

    /// Strain coefficient of code 1 [-].
    [[nodiscard]] double strain_unit() const noexcept { return strain_unit_; }

    /// Barrier step of code 1 [eV]; 0 when all barriers are equal.
    [[nodiscard]] double barrier_unit() const noexcept { return barrier_unit_; }

    [[nodiscard]] Deviator<Dim> decode(const StrainCode<Dim>& code) const noexcept
    {
        Deviator<Dim> strain{};
        for (int a = 0; a < deviator_size<Dim>; ++a) strain[a] = strain_unit_ * code[a];
        return strain;
    }

    [[nodiscard]] double decode_barrier(std::int16_t code) const noexcept { return options_.barrier + barrier_unit_ * code; }

  private:
    CatalogueOptions options_;
    std::uint64_t seed_;
    double strain_unit_;
    double barrier_unit_;
};

}  // namespace shearwater
