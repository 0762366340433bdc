#pragma once

#include <vector>

#include <shearwater/elasticity/fields.hpp>
#include <shearwater/elasticity/kernel/symbol.hpp>
#include <shearwater/fft/distributed_fft.hpp>

namespace shearwater {

/// The response of a uniform periodic cell to any field of deviatoric eigenstrain, by Fourier transforms of the voxel field: one transform solves the
/// finite-element system, since its operator is block-diagonal in Fourier space (T. Mura, Micromechanics of Defects in Solids, 2nd ed.,
/// Martinus Nijhoff, 1987, chapter 1, for the continuum; voxel_response for Q1 elements).
///
/// Fields are passed by value. Their memory is used for the spectra and then for the stresses, if it has the capacity of those of `zero_fields`.
template <int Dim>
class SpectralResponse {
  public:
    /// Computes the operator. Keeps a reference to `comm`. Collective. @throws Interrupted
    /// @param boxes     voxel box of each rank
    /// @param elements  Q1 elements per voxel edge
    SpectralResponse(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes, const Moduli& moduli,
                     Discretization discretization, int elements);

    /// Returns deviator_size<Dim> arrays of zeros for this rank's box, with the capacity for their spectra.
    [[nodiscard]] Fields zero_fields() const;

    /// Returns the deviatoric voxel stress at zero mean strain [GPa]. Collective; the same bits on any number of ranks.
    /// @param eigenstrain  deviator_size<Dim> arrays of this rank's box
    [[nodiscard]] Fields deviatoric_stress(Fields eigenstrain);

    /// Returns the mean of the diagonal of the voxel stress at zero mean strain [GPa], for snapshots: its operator is not kept but computed each time,
    /// which takes as long as the constructor. Collective; the same bits on any number of ranks.
    [[nodiscard]] std::vector<double> mean_normal_stress(Fields eigenstrain);

    /// Returns coefficient a of the deviatoric stress around a voxel at the origin with unit coefficient b of eigenstrain [GPa]: this rank's box of
    /// the whole cell. Collective.
    [[nodiscard]] std::vector<double> around_one_voxel(int a, int b);

    [[nodiscard]] const DistributedFft<Dim>& fft() const noexcept { return fft_; }

  private:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int components = n * (n + 1) / 2;
    using Complex = std::complex<double>;
    using Coefficients = std::array<double, n>;

    /// A plane of wave vectors with the same component along the last axis, and the plane whose operator is kept for it: itself or its mirror image.
    struct Plane {
        std::int64_t begin;
        std::int64_t kept;
        bool mirrored;
    };

    template <class Visit>
    void for_each_plane(Visit&& visit) const;
    template <class GoesOn, class Visit>
    void for_each_kept_response(GoesOn&& goes_on, Visit&& visit) const;
    [[nodiscard]] static bool is_odd(int a, int b) noexcept { return changes_sign<Dim>(a, Dim - 1) != changes_sign<Dim>(b, Dim - 1); }
    [[nodiscard]] std::size_t room() const noexcept;
    [[nodiscard]] std::array<Complex*, n> to_spectra(Fields& fields);
    void to_field(std::vector<double>& spectrum);
    void respond(const Plane& plane, const std::array<Complex*, n>& spectrum) const;

    DistributedFft<Dim> fft_;
    Moduli moduli_;
    Discretization discretization_;
    int elements_;
    std::int64_t plane_size_;  ///< wave vectors of this rank in a plane

    /// Deviatoric stress for deviatoric eigenstrain, h_ab(q) [GPa], which is symmetric and real: [wave vector][component, a ≤ b]. A reflection of the
    /// last axis only changes signs, so that planes 0 to half the size are kept.
    std::vector<std::array<double, components>> operator_;
};

}  // namespace shearwater
