#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <shearwater/elasticity/kernel/kernel_table.hpp>
#include <shearwater/elasticity/mean_response.hpp>
#include <shearwater/elasticity/solve/solver.hpp>
#include <shearwater/elasticity/solve/stress_check.hpp>

namespace shearwater {

/// Voxel stress per unit tensor component of mean strain [stress row][strain component] [GPa]; rows are the deviatoric coefficients and, last, the mean of
/// the diagonal.
template <int Dim>
using LoadResponse = std::array<std::array<double, tensor_size<Dim>>, tensor_size<Dim>>;

/// Draws the moduli of the voxels of this rank's box when they differ: Young's modulus is Gaussian with the given standard deviation and, if a
/// correlation length is given, with the correlations exp(−r²/2 length²). The moduli are the same on any number of ranks. Collective.
/// @throws InputError if a modulus is not positive
template <int Dim>
[[nodiscard]] std::vector<Moduli> draw_moduli(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                                              std::uint64_t seed);

/// The elasticity of the model: stresses of eigenstrains (T. Mura, Micromechanics of Defects in Solids, 2nd ed., Martinus Nijhoff, 1987) and of mean
/// strain, by the kernel or by PETSc, and the check of both.
template <int Dim>
class ElasticCell {
  public:
    /// Collective. Tabulates the kernel when options ask for it. Keeps a reference to `comm`.
    /// @param solver  on the cell itself if it updates stresses, otherwise on that or on the cell of the check (checked_partition); null only for
    ///                the spectral discretization
    /// @param moduli  those of the solver
    ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                std::unique_ptr<ElasticSolver<Dim>> solver, std::vector<Moduli> moduli);

    /// The same with a solver by transforms, verified by the element operator, which only checks. Collective.
    ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                std::unique_ptr<TransformSolver<Dim>> checker, const Moduli& moduli);

    [[nodiscard]] const Communicator& communicator() const noexcept { return comm_; }
    [[nodiscard]] bool is_uniform() const noexcept { return moduli_.size() == 1; }

    /// The kernel, or null if stresses come from PETSc.
    [[nodiscard]] const KernelTable<Dim>* kernel() const noexcept { return kernel_ ? &*kernel_ : nullptr; }

    /// Returns deviator_size<Dim> arrays of zeros for the eigenstrains of this rank's box. If they are moved into `stress`, it needs no further memory.
    [[nodiscard]] Fields zero_fields() const;

    /// Returns the stress at zero mean strain by one solve of the whole field, in the way in which the run updates stresses [GPa]: with the kernel by transforms of
    /// the voxel field, which give deviatoric coefficients; otherwise by PETSc, which also gives the mean of the diagonal. Collective.
    /// @param eigenstrain  deviatoric coefficients; move them to save their memory
    /// @throws RunError if PETSc does not converge
    [[nodiscard]] Fields stress(Fields eigenstrain);

    /// Returns the same by PETSc, which must have the mesh of the cell itself, even if stresses are updated otherwise. Collective.
    /// @throws RunError if PETSc does not converge
    [[nodiscard]] Fields stress_by_petsc(const Fields& eigenstrain);

    /// Returns the mean of the diagonal of that stress [GPa]; slow with the kernel (SpectralResponse::mean_normal_stress). Collective.
    [[nodiscard]] std::vector<double> mean_normal_stress(Fields eigenstrain);

    /// Returns the largest difference between stresses at zero mean strain and those of the check (StressCheck::deviation), or those of transforms for the
    /// spectral discretization, which has no mesh [GPa]. Collective.
    /// @param stress       deviatoric coefficients and, if present, the mean of the diagonal
    /// @param eigenstrain  eigenstrain(a, voxel of this rank's box): deviatoric coefficients
    [[nodiscard]] double stress_deviation(const Fields& stress, const FieldFunction& eigenstrain);
    [[nodiscard]] double stress_deviation(const Fields& stress, const Fields& eigenstrain);

    /// Returns the largest difference between the kernel and the stress of the check around one voxel (StressCheck::kernel_deviation) [GPa]; zero without
    /// a kernel or a mesh. Collective.
    [[nodiscard]] double kernel_deviation();

    /// Response to mean strain: one for all voxels if moduli are uniform, else one per voxel of this rank's box.
    [[nodiscard]] const std::vector<LoadResponse<Dim>>& load_response() const noexcept { return load_response_; }

    /// Mean of A(x) over the cell [GPa].
    [[nodiscard]] const typename MeanResponse<Dim>::Stiffness& mean_stiffness() const noexcept { return mean_stiffness_; }

    /// Returns the mean stress of eigenstrains at zero mean strain [GPa]. Collective if moduli differ.
    /// @param mean_eigenstrain  mean over the cell  @param stress  fields of the last solve, which are used if moduli differ [GPa]
    [[nodiscard]] SymmetricTensor<Dim> mean_eigenstress(const Deviator<Dim>& mean_eigenstrain, const Fields& stress) const;

    /// The check of stresses, or null if there is no mesh.
    [[nodiscard]] const StressCheck<Dim>* stress_check() const noexcept { return stress_check_ ? &*stress_check_ : nullptr; }
    /// PETSc's solver, or null if it is not used.
    [[nodiscard]] const ElasticSolver<Dim>* solver() const noexcept { return solver_.get(); }
    /// Lists the state: that of PETSc's solver.
    void visit(Archive& archive)
    {
        if (solver_) archive("solver", *solver_);
    }
    /// The traffic of this rank's transforms.
    [[nodiscard]] Traffic traffic() const noexcept { return response_ ? response_->fft().traffic() : Traffic{}; }

  private:
    void tabulate(const Partition<Dim>& partition, const ElasticityOptions& options);
    void find_load_response();

    const Communicator& comm_;
    Grid<Dim> grid_;
    Box<Dim> box_;
    std::vector<Moduli> moduli_;
    std::unique_ptr<ElasticSolver<Dim>> solver_;
    std::unique_ptr<TransformSolver<Dim>> checker_;
    std::optional<SpectralResponse<Dim>> response_;
    std::optional<KernelTable<Dim>> kernel_;
    std::optional<StressCheck<Dim>> stress_check_;
    std::vector<LoadResponse<Dim>> load_response_;
    typename MeanResponse<Dim>::Stiffness mean_stiffness_{};
};

}  // namespace shearwater
