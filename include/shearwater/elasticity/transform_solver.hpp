#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

#include <shearwater/elasticity/element.hpp>
#include <shearwater/elasticity/fields.hpp>
#include <shearwater/elasticity/symbol.hpp>
#include <shearwater/fft/distributed_fft.hpp>
#include <shearwater/lattice/halo.hpp>

namespace shearwater {

/// Solves the finite-element system of a uniform periodic cell by transforms on its element mesh, and proves each solution by the element operator.
///
/// The displacements are those that the kernel rests on, K⁻¹(q) f(q). They are not believed: the matrices of the elements are applied to them node by
/// node, and what is missing to the forces of the eigenstrains must be as small as what ElasticSolver::accurate_stress allows. PETSc reaches the same
/// by iterations that need vectors of their own; this takes about an eighth of their memory, so that cells can be checked that PETSc's check cannot hold.
template <int Dim>
class TransformSolver {
  public:
    /// Keeps a reference to `comm`. Not collective.
    /// @param elements  Q1 elements per voxel edge
    TransformSolver(const Communicator& comm, const Partition<Dim>& partition, int elements, const Moduli& moduli);

    /// Voxel-mean stress at zero mean strain [GPa], one per voxel of this rank's box. Collective.
    /// @param eigenstrain  one tensor per voxel of this rank's box
    /// @throws RunError if the residual of the element operator is more than 1e-11 of the forces
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);

    /// The cell it solves for.
    [[nodiscard]] const Partition<Dim>& partition() const noexcept { return partition_; }

  private:
    using NodeValue = std::array<double, Dim>;
    using NodeFields = std::array<std::vector<double>, Dim>;  ///< components of displacements or forces
    /// What the displacements around a node add to the force on it: [neighbour, x fastest, from −1 to 1 along each axis][force][displacement].
    using Stencil = std::array<std::array<NodeValue, Dim>, Dim == 2 ? 9 : 27>;

    [[nodiscard]] Stencil assemble() const noexcept;
    [[nodiscard]] std::vector<double> with_surroundings(HaloExchange<Dim>& exchange, const Grid<Dim>& grid, std::span<const double> field);
    [[nodiscard]] NodeValue force(const Index<Dim>& node, const Fields& eigenstress) const noexcept;
    [[nodiscard]] NodeFields displacements(const Fields& eigenstress);
    void solve(const std::array<std::span<std::complex<double>>, Dim>& spectra) const;
    void require_solution(const NodeFields& displacement, const Fields& eigenstress, double rounding) const;
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
    Box<Dim> around_voxels_;  ///< the first with one layer around it, which may reach beyond the cell
    Box<Dim> around_nodes_;
    HaloExchange<Dim> voxel_exchange_;
    HaloExchange<Dim> node_exchange_;
    DistributedFft<Dim> fft_;
};

}  // namespace shearwater
