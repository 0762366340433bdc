#pragma once

#include <memory>
#include <string>
#include <vector>

#include <shearwater/elasticity/fft_preconditioner.hpp>
#include <shearwater/elasticity/mesh.hpp>
#include <shearwater/elasticity/options.hpp>

namespace shearwater {

/// Solves for the stress of a periodic cell with given eigenstrains, at zero mean strain, by PETSc's CG.
///
/// The preconditioner is `fft` unless PETSc's options choose another (`-pc_type gamg`), for which the matrix is
/// assembled. Each solve starts from the last solution, if that is a better guess than none.
template <int Dim>
class ElasticSolver {
  public:
    /// Configures the KSP from PETSc's options. Collective. Keeps a reference to `comm`.
    /// @param moduli  one per voxel of this rank's box, or one for all
    /// @param rtol    relative reduction of the residual
    ElasticSolver(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli, double rtol);

    /// Voxel-mean stress [GPa], one per voxel of this rank's box. Collective.
    /// @throws RunError with the reason and the residual if the solver does not converge; nothing is returned then
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);

    /// The same from nothing and a thousand times as accurately (at best to a residual of 1e-13), to judge other solutions by. Collective.
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);

    /// The cell it solves for.
    [[nodiscard]] const Partition<Dim>& partition() const noexcept { return partition_; }
    [[nodiscard]] const ElasticMesh<Dim>& mesh() const noexcept { return *mesh_; }
    [[nodiscard]] int last_iterations() const noexcept { return last_iterations_; }
    [[nodiscard]] std::int64_t solves() const noexcept { return solves_; }
    [[nodiscard]] std::int64_t iterations() const noexcept { return iterations_; }

    /// Displacement of the last solve [element edges], Dim values per node of this rank.
    [[nodiscard]] Vec displacement() const noexcept { return displacement_.get(); }

  private:
    void forget_useless_guess();

    Partition<Dim> partition_;
    std::unique_ptr<ElasticMesh<Dim>> mesh_;  // its address is kept by the matrix
    std::unique_ptr<FftPreconditioner<Dim>> preconditioner_;
    PetscMatrix operator_;
    PetscMatrix assembled_;
    PetscSolver ksp_;
    PetscVector displacement_;
    PetscVector forces_;
    PetscVector residual_;
    int last_iterations_ = 0;
    std::int64_t solves_ = 0;
    std::int64_t iterations_ = 0;
};

}  // namespace shearwater
