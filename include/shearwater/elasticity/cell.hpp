#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <shearwater/elasticity/kernel/kernel_table.hpp>
#include <shearwater/elasticity/mean_response.hpp>
#include <shearwater/elasticity/solve/judge.hpp>
#include <shearwater/elasticity/solve/solver.hpp>

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

/// The elastic side of the model: how stresses follow from eigenstrains and mean strain, by the kernel or by PETSc.
template <int Dim>
class ElasticCell {
  public:
    /// Collective. Tabulates the kernel when options ask for it. Keeps a reference to `comm`.
    /// @param solver  PETSc, on the cell itself if it updates stresses, else on that or on the judged cell (judged_partition); null only for
    ///                the spectral discretization
    /// @param moduli  as the solver's
    ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                std::unique_ptr<ElasticSolver<Dim>> solver, std::vector<Moduli> moduli);

    /// The same with a solver by transforms, proved by the element operator, that only checks. Collective.
    ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                std::unique_ptr<TransformSolver<Dim>> checker, const Moduli& moduli);

    [[nodiscard]] const Communicator& communicator() const noexcept { return comm_; }
    [[nodiscard]] bool is_uniform() const noexcept { return moduli_.size() == 1; }

    /// The kernel, or null when stresses come from PETSc.
    [[nodiscard]] const KernelTable<Dim>* kernel() const noexcept { return kernel_ ? &*kernel_ : nullptr; }

    /// deviator_size<Dim> arrays of this rank's box, of zeros, for eigenstrains: `stress` needs no more memory if they are handed over.
    [[nodiscard]] Fields zero_fields() const;

    /// Stress at zero mean strain by one solve of the whole field, in the way the run updates stresses [GPa]: voxel-level transforms with
    /// the kernel, which give deviatoric coefficients; otherwise PETSc, which also gives the mean of the diagonal. Collective.
    /// @param eigenstrain  deviatoric coefficients; hand them over (std::move) to save their memory
    [[nodiscard]] Fields stress(Fields eigenstrain);

    /// The same by PETSc, which must have the mesh of the cell itself, also if stresses are updated otherwise. Collective.
    [[nodiscard]] Fields stress_by_petsc(const Fields& eigenstrain);

    /// Mean of the diagonal of that stress [GPa]; slow with the kernel (SpectralResponse::mean_normal_stress). Collective.
    [[nodiscard]] std::vector<double> mean_normal_stress(Fields eigenstrain);

    /// How far stresses at zero mean strain are from those of the check (Judge::deviation), or from those of transforms for the spectral
    /// discretization, which has no mesh [GPa]. Collective.
    /// @param stress       deviatoric coefficients and, if present, the mean of the diagonal
    /// @param eigenstrain  eigenstrain(a, voxel of this rank's box): deviatoric coefficients
    [[nodiscard]] double stress_deviation(const Fields& stress, const FieldFunction& eigenstrain);
    [[nodiscard]] double stress_deviation(const Fields& stress, const Fields& eigenstrain);

    /// How far the kernel is from the check's stress around one voxel (Judge::kernel_deviation) [GPa]. Zero without a kernel or a
    /// mesh. Collective.
    [[nodiscard]] double kernel_deviation();

    /// Response to mean strain: one for all voxels when uniform, else one per voxel of this rank's box.
    [[nodiscard]] const std::vector<LoadResponse<Dim>>& load_response() const noexcept { return load_response_; }

    /// Mean of A(x) over the cell [GPa].
    [[nodiscard]] const typename MeanResponse<Dim>::Stiffness& mean_stiffness() const noexcept { return mean_stiffness_; }

    /// Mean stress of eigenstrains at zero mean strain [GPa]. Collective when moduli differ.
    /// @param mean_eigenstrain  mean over the cell  @param stress  fields of the last solve, used when moduli differ
    [[nodiscard]] SymmetricTensor<Dim> mean_eigenstress(const Deviator<Dim>& mean_eigenstrain, const Fields& stress) const;

    /// What stresses are checked by, or null if there is no mesh.
    [[nodiscard]] const Judge<Dim>* judge() const noexcept { return judge_ ? &*judge_ : nullptr; }
    /// PETSc's solver, or null if it solves nothing.
    [[nodiscard]] const ElasticSolver<Dim>* solver() const noexcept { return solver_.get(); }
    /// What this rank has sent to others in transforms.
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
    std::optional<Judge<Dim>> judge_;
    std::vector<LoadResponse<Dim>> load_response_;
    typename MeanResponse<Dim>::Stiffness mean_stiffness_{};
};

}  // namespace shearwater
