#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <shearwater/elasticity/kernel_table.hpp>
#include <shearwater/elasticity/mean_response.hpp>
#include <shearwater/elasticity/solver.hpp>

namespace shearwater {

/// Voxel stress per unit tensor component of mean strain, deviatoric coefficients and, last, mean of the diagonal [GPa]:
/// [stress row][strain component].
template <int Dim>
using LoadResponse = std::array<std::array<double, tensor_size<Dim>>, tensor_size<Dim>>;

/// Young's modulus of every voxel of this rank's box when moduli differ: Gaussian with the given standard deviation and, if a
/// correlation length is given, correlations exp(−r²/2 length²). The same on any number of ranks. Collective.
/// @throws InputError if a modulus comes out not positive
template <int Dim>
[[nodiscard]] std::vector<Moduli> draw_moduli(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                                              std::uint64_t seed);

/// Largest difference between the rows of `a` and the same rows of `b`, over all ranks; infinite if one is NaN. Collective.
[[nodiscard]] double largest_difference(const Communicator& comm, const Fields& a, const Fields& b);

/// The elastic side of the model: how stresses follow from eigenstrains and mean strain, by the kernel or by PETSc.
template <int Dim>
class ElasticCell {
  public:
    /// Collective. Tabulates the kernel when options ask for it. Keeps a reference to `comm`.
    /// @param solver  PETSc on the run's own mesh; null only for the spectral discretization
    /// @param moduli  as the solver's
    ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                std::unique_ptr<ElasticSolver<Dim>> solver, std::vector<Moduli> moduli);

    [[nodiscard]] const Communicator& communicator() const noexcept { return comm_; }
    [[nodiscard]] bool is_uniform() const noexcept { return moduli_.size() == 1; }

    /// The kernel, or null when stresses come from PETSc.
    [[nodiscard]] const KernelTable<Dim>* kernel() const noexcept { return kernel_ ? &*kernel_ : nullptr; }

    /// Stress at zero mean strain by one solve of the whole field, in the way the run updates stresses: voxel-level transforms with
    /// the kernel, otherwise PETSc. Rows as Fields: deviatoric coefficients, then mean of the diagonal [GPa]. Collective.
    [[nodiscard]] Fields stress(const Fields& eigenstrain);

    /// The same by PETSc, the judge, from nothing and more accurately (by transforms for the spectral discretization, which has no mesh).
    /// Collective.
    [[nodiscard]] Fields judged_stress(const Fields& eigenstrain);

    /// Largest difference between the kernel and PETSc's stress around one voxel, over all voxels and deviatoric components [GPa].
    /// Zero without a kernel or a mesh. Collective.
    [[nodiscard]] double kernel_deviation();

    /// Response to mean strain: one for all voxels when uniform, else one per voxel of this rank's box.
    [[nodiscard]] const std::vector<LoadResponse<Dim>>& load_response() const noexcept { return load_response_; }

    /// Mean of A(x) over the cell [GPa].
    [[nodiscard]] const typename MeanResponse<Dim>::Stiffness& mean_stiffness() const noexcept { return mean_stiffness_; }

    /// Mean stress of eigenstrains at zero mean strain [GPa]. Collective when moduli differ.
    /// @param mean_eigenstrain  mean over the cell  @param stress  fields of the last solve, used when moduli differ
    [[nodiscard]] SymmetricTensor<Dim> mean_eigenstress(const Deviator<Dim>& mean_eigenstrain, const Fields& stress) const;

    /// PETSc's solver, or null if there is no mesh to solve on.
    [[nodiscard]] const ElasticSolver<Dim>* solver() const noexcept { return solver_.get(); }
    /// What this rank has sent to others in transforms.
    [[nodiscard]] Traffic traffic() const noexcept { return response_ ? response_->fft().traffic() : Traffic{}; }

  private:
    void find_load_response();

    const Communicator& comm_;
    Grid<Dim> grid_;
    Box<Dim> box_;
    std::vector<Moduli> moduli_;
    std::unique_ptr<ElasticSolver<Dim>> solver_;
    std::optional<SpectralResponse<Dim>> response_;
    std::optional<KernelTable<Dim>> kernel_;
    std::vector<LoadResponse<Dim>> load_response_;
    typename MeanResponse<Dim>::Stiffness mean_stiffness_{};
};

}  // namespace shearwater
