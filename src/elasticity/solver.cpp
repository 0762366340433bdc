#include <shearwater/elasticity/solver.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::vector<Box<Dim>> node_boxes(const Partition<Dim>& partition, int elements)
{
    std::vector<Box<Dim>> boxes;
    for (const auto& box : partition.boxes()) boxes.push_back(box.refined(elements));
    return boxes;
}

/// Middle of the range of the moduli over all ranks, the best uniform reference for CG. Collective.
Moduli middle(const Communicator& comm, const std::vector<Moduli>& moduli)
{
    Moduli low = moduli.front();
    Moduli high = moduli.front();
    for (const auto& [lambda, mu] : moduli) {
        low = {std::min(low.lambda, lambda), std::min(low.mu, mu)};
        high = {std::max(high.lambda, lambda), std::max(high.mu, mu)};
    }
    return {0.5 * (maximum(comm, high.lambda) - maximum(comm, -low.lambda)), 0.5 * (maximum(comm, high.mu) - maximum(comm, -low.mu))};
}

std::string describe(KSP ksp, KSPConvergedReason reason)
{
    const char* words = nullptr;
    KSPGetConvergedReasonString(ksp, &words);
    PetscInt iterations = 0;
    PetscReal residual = 0.0;
    KSPGetIterationNumber(ksp, &iterations);
    KSPGetResidualNorm(ksp, &residual);
    return fmt::format(
        "the elastic solve did not converge: PETSc says {} ({}) after {} iterations, residual norm {:.3e}; allow more "
        "with -ksp_max_it or choose another preconditioner (-pc_type fft is exact for uniform moduli)",
        words != nullptr ? words : "DIVERGED", static_cast<int>(reason), iterations, residual);
}

}  // namespace

template <int Dim>
ElasticSolver<Dim>::ElasticSolver(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli,
                                  double rtol)
    : partition_(partition),
      preconditioner_(std::make_unique<FftPreconditioner<Dim>>(comm, partition.grid().refined(elements_per_voxel),
                                                               node_boxes(partition, elements_per_voxel), middle(comm, moduli)))
{
    mesh_ = std::make_unique<ElasticMesh<Dim>>(comm, partition, elements_per_voxel, std::move(moduli));
    operator_ = mesh_->matrix_free();
    SHEARWATER_PETSC(DMCreateGlobalVector(mesh_->dm(), displacement_.receive()));
    SHEARWATER_PETSC(VecDuplicate(displacement_.get(), forces_.receive()));
    SHEARWATER_PETSC(VecDuplicate(displacement_.get(), residual_.receive()));
    SHEARWATER_PETSC(KSPCreate(comm.get(), ksp_.receive()));
    SHEARWATER_PETSC(KSPSetType(ksp_.get(), KSPCG));
    SHEARWATER_PETSC(KSPSetNormType(ksp_.get(), KSP_NORM_UNPRECONDITIONED));
    SHEARWATER_PETSC(KSPSetTolerances(ksp_.get(), rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
    SHEARWATER_PETSC(KSPSetInitialGuessNonzero(ksp_.get(), PETSC_TRUE));
    const auto translations = mesh_->translations();
    SHEARWATER_PETSC(MatSetNullSpace(operator_.get(), translations.get()));
    PC pc = nullptr;
    SHEARWATER_PETSC(KSPGetPC(ksp_.get(), &pc));
    preconditioner_->attach(pc);
    // The preconditioner's options are read with the operator it will see: set one before, as PETSc needs it for the defaults.
    SHEARWATER_PETSC(KSPSetOperators(ksp_.get(), operator_.get(), operator_.get()));
    SHEARWATER_PETSC(KSPSetFromOptions(ksp_.get()));
    PetscBool shell = PETSC_FALSE;
    SHEARWATER_PETSC(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc), PCSHELL, &shell));
    if (shell == PETSC_TRUE) return;
    assembled_ = mesh_->assembled();
    SHEARWATER_PETSC(MatSetNullSpace(assembled_.get(), translations.get()));
    SHEARWATER_PETSC(KSPSetOperators(ksp_.get(), operator_.get(), assembled_.get()));
    SHEARWATER_PETSC(KSPSetUp(ksp_.get()));
}

/// Starts from zero when the last solution is a worse guess than that. PETSc judges convergence and divergence by ‖f‖: after a solve with far larger forces it
/// would give up at once, and with no forces at all a remainder of the old field would count as converged.
template <int Dim>
void ElasticSolver<Dim>::forget_useless_guess()
{
    mesh_->apply(displacement_.get(), residual_.get());
    SHEARWATER_PETSC(VecAYPX(residual_.get(), -1.0, forces_.get()));
    PetscReal residual = 0.0;
    PetscReal force = 0.0;
    SHEARWATER_PETSC(VecNorm(residual_.get(), NORM_2, &residual));
    SHEARWATER_PETSC(VecNorm(forces_.get(), NORM_2, &force));
    if (residual >= force) SHEARWATER_PETSC(VecZeroEntries(displacement_.get()));
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> ElasticSolver<Dim>::stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain)
{
    mesh_->eigenstrain_forces(eigenstrain, forces_.get());
    forget_useless_guess();
    SHEARWATER_PETSC(KSPSolve(ksp_.get(), forces_.get(), displacement_.get()));
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    SHEARWATER_PETSC(KSPGetConvergedReason(ksp_.get(), &reason));
    PetscInt iterations = 0;
    SHEARWATER_PETSC(KSPGetIterationNumber(ksp_.get(), &iterations));
    last_iterations_ = static_cast<int>(iterations);
    iterations_ += iterations;
    ++solves_;
    if (reason <= 0) throw RunError(describe(ksp_.get(), reason));
    return mesh_->voxel_stress(displacement_.get(), eigenstrain);
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> ElasticSolver<Dim>::accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain)
{
    PetscReal rtol = 0.0;
    PetscReal atol = 0.0;
    PetscReal dtol = 0.0;
    PetscInt most = 0;
    SHEARWATER_PETSC(KSPGetTolerances(ksp_.get(), &rtol, &atol, &dtol, &most));
    SHEARWATER_PETSC(KSPSetTolerances(ksp_.get(), std::min(rtol, std::max(1e-3 * rtol, 1e-13)), atol, dtol, most));
    PetscVector guess;  // of the next `stress`, which must not depend on what was looked at meanwhile
    SHEARWATER_PETSC(VecDuplicate(displacement_.get(), guess.receive()));
    SHEARWATER_PETSC(VecCopy(displacement_.get(), guess.get()));
    SHEARWATER_PETSC(VecZeroEntries(displacement_.get()));
    auto result = stress(eigenstrain);
    SHEARWATER_PETSC(VecCopy(guess.get(), displacement_.get()));
    SHEARWATER_PETSC(KSPSetTolerances(ksp_.get(), rtol, atol, dtol, most));
    return result;
}

template class ElasticSolver<2>;
template class ElasticSolver<3>;

}  // namespace shearwater
