#pragma once

#include <functional>
#include <vector>

#include <shearwater/elasticity/kernel/kernel_table.hpp>
#include <shearwater/elasticity/solve/solver.hpp>
#include <shearwater/elasticity/solve/transform_solver.hpp>

namespace shearwater {

/// How large the mesh may be on which kernel and stresses are checked.
struct StressCheckLimits {
    std::int64_t full_elements = 1 << 22;    ///< up to this many elements the cell itself is solved
    std::int64_t folded_elements = 1 << 16;  ///< a larger cell is folded to the largest cell of at most so many elements, if there is one
    int edge = 16;                           ///< fewest voxels along a folded axis
};

/// Chooses the cell that is solved for the check, cut among the same ranks: the cell itself or, if its mesh is too large, the folded cell, in which
/// every axis is divided by a whole number.
///
/// If no folded cell with tiles for all ranks is small enough (a size may be prime), it is the smallest one, and the cell itself if
/// that is larger than `full_elements`. Not collective: every rank chooses the same.
/// @param elements  Q1 elements per voxel edge
template <int Dim>
[[nodiscard]] Partition<Dim> checked_partition(const Partition<Dim>& partition, int elements, const StressCheckLimits& limits = {});

/// Compares stresses with a solution of the finite-element system whose residual is verified, by PETSc (ElasticSolver::accurate_stress) or by the element
/// operator (TransformSolver). If the solver's cell is smaller than the cell that is checked, both fields are folded to it.
///
/// Folding is exact. In a periodic cell with uniform moduli, let eigenstrains be summed over all T translates by a divisor of the cell, so that they are
/// a field of the small cell. They cause the stresses summed over the same translates, since the response is linear and invariant under
/// translation, and the mean strain is zero in both cells. In Fourier space the sums keep the wave vectors that the small cell has.
///
/// Deviations are those of the sums, not of means: stresses that are wrong in one voxel, or in one entry of the kernel, count as
/// much as without folding, and no tolerance hides them. The rounding errors of T voxels add up, but stay far below useful tolerances.
template <int Dim>
class StressCheck {
  public:
    /// Keeps references to `comm` and `solver`. Not collective.
    /// @param partition  of the cell that is checked  @param solver  on this cell or on one that divides it
    StressCheck(const Communicator& comm, const Partition<Dim>& partition, ElasticSolver<Dim>& solver);
    StressCheck(const Communicator& comm, const Partition<Dim>& partition, TransformSolver<Dim>& solver);

    /// The cell that is solved.
    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return folded_grid_; }

    /// Returns the largest difference between given stresses and those of the solver for the same eigenstrains, at zero mean strain, over all voxels and
    /// given rows; infinite if one is NaN [GPa]. Collective. @throws RunError if the solver does not converge
    /// @param stress       deviatoric coefficients and, if present, mean of the diagonal, of this rank's box of the cell that is checked [GPa]
    /// @param eigenstrain  eigenstrain(a, voxel of this rank's box): deviatoric coefficients
    [[nodiscard]] double deviation(const Fields& stress, const FieldFunction& eigenstrain);
    [[nodiscard]] double deviation(const Fields& stress, const Fields& eigenstrain);

    /// Returns the largest difference between the kernel and the solver's stress around one voxel, over all voxels and deviatoric coefficients
    /// [GPa]. Collective. @throws RunError if the solver does not converge
    [[nodiscard]] double kernel_deviation(const KernelTable<Dim>& kernel);

  private:
    using Solve = std::function<std::vector<SymmetricTensor<Dim>>(const std::vector<SymmetricTensor<Dim>>&)>;

    StressCheck(const Communicator& comm, const Partition<Dim>& partition, const Partition<Dim>& solved, Solve solve);
    [[nodiscard]] std::int64_t folded_place(std::int64_t voxel) const noexcept;
    [[nodiscard]] std::vector<double> sum_over_ranks(std::vector<double> cell) const;
    template <class Value>
    [[nodiscard]] Fields folded(std::size_t rows, Value&& value) const;
    [[nodiscard]] double folded_deviation(const Fields& stress, const Fields& eigenstrain);

    const Communicator& comm_;
    Box<Dim> box_;         ///< of this rank, in the cell that is checked
    Box<Dim> folded_box_;  ///< of this rank, in the solver's cell
    Grid<Dim> folded_grid_;
    bool folds_;
    Solve solve_;  ///< voxel stresses of eigenstrains
};

}  // namespace shearwater
