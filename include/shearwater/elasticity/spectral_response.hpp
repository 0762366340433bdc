#pragma once

#include <span>
#include <vector>

#include <shearwater/elasticity/symbol.hpp>
#include <shearwater/fft/distributed_fft.hpp>

namespace shearwater {

/// A tensor field of a rank's box as deviatoric coefficients and, last, the mean of the diagonal: tensor_size<Dim>
/// arrays of one value per voxel, x fastest.
using Fields = std::vector<std::vector<double>>;

/// The response of a uniform periodic cell to any field of deviatoric eigenstrain: one transform is a full solve.
template <int Dim>
class SpectralResponse {
  public:
    /// Keeps a reference to `comm`. Not collective.
    /// @param boxes     voxel box of each rank
    /// @param elements  Q1 elements per voxel edge
    SpectralResponse(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes, const Moduli& moduli,
                     Discretization discretization, int elements);

    /// Deviatoric voxel stress at zero mean strain [GPa]. Collective; the same bits on any number of ranks.
    /// @param eigenstrain  deviator_size<Dim> arrays of this rank's box
    [[nodiscard]] Fields deviatoric_stress(const Fields& eigenstrain);

    /// Deviatoric voxel stress and, last, the mean of its diagonal at zero mean strain [GPa]. Collective.
    [[nodiscard]] Fields stress(const Fields& eigenstrain);

    /// Deviatoric stress component `a` around a voxel at the origin with unit eigenstrain b, for the whole cell, distributed as the
    /// boxes [GPa]. Collective.
    [[nodiscard]] std::vector<double> around_one_voxel(int a, int b);

    [[nodiscard]] const DistributedFft<Dim>& fft() const noexcept { return fft_; }

  private:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int rows = n + 1;

    [[nodiscard]] Fields respond(const Fields& eigenstrain, int first_rows);

    DistributedFft<Dim> fft_;
    std::vector<std::array<double, rows * n>> symbol_;  ///< [wave vector][stress row][eigenstrain]
};

}  // namespace shearwater
