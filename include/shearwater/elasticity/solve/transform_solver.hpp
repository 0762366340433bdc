#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

#include <shearwater/elasticity/element.hpp>
#include <shearwater/elasticity/fields.hpp>
#include <shearwater/elasticity/kernel/symbol.hpp>
#include <shearwater/fft/distributed_fft.hpp>
#include <shearwater/lattice/halo.hpp>

namespace shearwater {

/// Solves the finite-element system of a uniform periodic cell by Fourier transforms on its element mesh, and verifies each solution by the element operator.
///
/// The displacements are K⁻¹(q) f(q), on which the kernel rests as well. To verify them, the matrices of the elements are applied to them, node by
/// node. The residual must be small compared with the forces of the eigenstrains, or with the rounding errors of f and K u: it is a backward error
/// (J. L. Rigal, J. Gaches, On the compatibility of a given solution with the data of a linear system, J. ACM 14 (1967) 543–548). This takes an eighth
/// of the memory of PETSc's solve in 2D and a tenth in 3D, so that larger cells can be checked.
template <int Dim>
class TransformSolver {
  public:
    /// Keeps a reference to `comm`. Not collective.
    /// @param elements  Q1 elements per voxel edge
    TransformSolver(const Communicator& comm, const Partition<Dim>& partition, int elements, const Moduli& moduli);

    /// Returns the voxel-mean stress at zero mean strain, one per voxel of this rank's box [GPa]. Collective.
    /// @param eigenstrain  one tensor per voxel of this rank's box
    /// @throws RunError if the residual is larger than `largest_residual`
    /// @throws Interrupted if the grace period is over; what the stresses are needed for is then lost
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);

    using NodeFields = std::array<std::vector<double>, Dim>;  ///< displacements or forces [component][node]

    /// Largest residual of a solution that counts as verified.
    static constexpr double largest_residual = 1e-11;

    /// Computes ‖f − K u‖ / (‖f‖ + ρ / `largest_residual`), ρ the rounding errors of f and K u, so that these alone never exceed `largest_residual`; NaN if a
    /// number is not finite. Collective.
    /// @param displacement  of the nodes in and around this rank's box [element edges]
    /// @param eigenstress   as the function of this name returns it [GPa]
    [[nodiscard]] double residual(const NodeFields& displacement, const Fields& eigenstress) const;

    /// Returns C:ε* of the voxels in and around this rank's box [tensor component][voxel] [GPa]. Collective.
    [[nodiscard]] Fields eigenstress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);
    /// Returns the displacements of the nodes in and around this rank's box, not verified [element edges]. Collective. @throws Interrupted
    [[nodiscard]] NodeFields displacements(const Fields& eigenstress);

    /// The cell that is solved.
    [[nodiscard]] const Partition<Dim>& partition() const noexcept { return partition_; }

  private:
    using NodeValue = std::array<double, Dim>;
    /// The rows of a node in K: [neighbour, x fastest, from −1 to 1 along each axis][component of force][component of displacement] [GPa].
    using Stencil = std::array<std::array<NodeValue, Dim>, Dim == 2 ? 9 : 27>;

    [[nodiscard]] Stencil assemble() const noexcept;
    [[nodiscard]] std::vector<double> with_surroundings(HaloExchange<Dim>& exchange, const Grid<Dim>& grid, std::span<const double> field);
    [[nodiscard]] NodeValue force(const Index<Dim>& node, const Fields& eigenstress) const noexcept;
    void leave_if_overdue() const;
    [[nodiscard]] double stiffness_norm() const noexcept;
    void solve(const std::array<std::span<std::complex<double>>, Dim>& spectra) const;
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> voxel_stress(const NodeFields& displacement,
                                                                 const std::vector<SymmetricTensor<Dim>>& eigenstrain) const;

    const Communicator& comm_;
    Partition<Dim> partition_;
    Partition<Dim> node_partition_;
    int elements_;
    Moduli moduli_;
    Element<Dim> element_;
    Stencil stencil_;
    Box<Dim> voxels_;         ///< of this rank
    Box<Dim> nodes_;          ///< of this rank
    Box<Dim> around_voxels_;  ///< voxels_ with one layer around it, which may reach beyond the cell
    Box<Dim> around_nodes_;   ///< nodes_ with one layer around it
    HaloExchange<Dim> voxel_exchange_;
    HaloExchange<Dim> node_exchange_;
    DistributedFft<Dim> fft_;
};

}  // namespace shearwater
