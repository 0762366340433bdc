#pragma once

#include <functional>
#include <vector>

#include <shearwater/elasticity/kernel/kernel_table.hpp>
#include <shearwater/elasticity/solve/solver.hpp>
#include <shearwater/elasticity/solve/transform_solver.hpp>

namespace shearwater {

/// How large the mesh may be on which the kernel is judged.
struct JudgeLimits {
    std::int64_t full_elements = 1 << 22;    ///< the cell itself is judged up to this many elements
    std::int64_t folded_elements = 1 << 16;  ///< a larger cell is folded to the largest with at most so many, if there is one
    int edge = 16;                           ///< fewest voxels along a folded axis
};

/// The cell on which the kernel is judged, cut among the same ranks: the cell itself or, if its mesh is too large, the cell folded, that is
/// with every axis divided by a whole number.
///
/// If no folded cell is small enough (a size may be prime) or has tiles for all ranks, the smallest that has is taken, and the cell itself if
/// that is too large for `full_elements`. Not collective: every rank chooses the same.
/// @param elements  Q1 elements per voxel edge
template <int Dim>
[[nodiscard]] Partition<Dim> judged_partition(const Partition<Dim>& partition, int elements, const JudgeLimits& limits = {});

/// Compares stresses with a solution of the finite-element system that PETSc or the element operator has verified; by folding if the solver's
/// cell is smaller than the one that is judged.
///
/// Folding is exact. In a periodic cell with uniform moduli, the eigenstrains summed over all T translates by a divisor of the cell, a field of
/// the small cell, cause the stresses summed over the same translates: the response is linear, does not change under translation, and its
/// mean strain is zero in both. In Fourier space these are the wave vectors that the small cell has.
///
/// Deviations are of these sums, divided by nothing: stresses that are wrong in one voxel, or in one entry of the kernel, then count as
/// much as without folding, and no tolerance hides them. The price is that rounding errors of T voxels add up, far below any tolerance
/// of use.
template <int Dim>
class Judge {
  public:
    /// Keeps references to `comm` and `solver`. Not collective.
    /// @param partition  the cell that is judged  @param solver  on this cell or on one that divides it
    Judge(const Communicator& comm, const Partition<Dim>& partition, ElasticSolver<Dim>& solver);
    Judge(const Communicator& comm, const Partition<Dim>& partition, TransformSolver<Dim>& solver);

    /// The cell that is solved.
    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return folded_grid_; }

    /// Largest difference between given stresses and the solver's for the same eigenstrains, at zero mean strain, over all voxels and
    /// given rows; infinite if one is NaN [GPa]. Collective.
    /// @param stress       deviatoric coefficients and, if present, mean of the diagonal, of this rank's box of the judged cell [GPa]
    /// @param eigenstrain  eigenstrain(a, voxel of this rank's box): deviatoric coefficients
    [[nodiscard]] double deviation(const Fields& stress, const FieldFunction& eigenstrain);
    [[nodiscard]] double deviation(const Fields& stress, const Fields& eigenstrain);

    /// Largest difference between the kernel and the solver's stress around one voxel, over all voxels and deviatoric components
    /// [GPa]. Collective.
    [[nodiscard]] double kernel_deviation(const KernelTable<Dim>& kernel);

  private:
    using Solve = std::function<std::vector<SymmetricTensor<Dim>>(const std::vector<SymmetricTensor<Dim>>&)>;

    Judge(const Communicator& comm, const Partition<Dim>& partition, const Partition<Dim>& solved, Solve solve);
    [[nodiscard]] std::int64_t folded_place(std::int64_t voxel) const noexcept;
    [[nodiscard]] std::vector<double> sum_over_ranks(std::vector<double> cell) const;
    template <class Value>
    [[nodiscard]] Fields folded(std::size_t rows, Value&& value) const;
    [[nodiscard]] double folded_deviation(const Fields& stress, const Fields& eigenstrain);

    const Communicator& comm_;
    Box<Dim> box_;         ///< of this rank, in the judged cell
    Box<Dim> folded_box_;  ///< in the solver's cell
    Grid<Dim> folded_grid_;
    bool folds_;
    Solve solve_;  ///< voxel stresses of eigenstrains
};

}  // namespace shearwater
