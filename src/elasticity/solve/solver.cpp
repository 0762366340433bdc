#include <shearwater/elasticity/solve/solver.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Middle of the range of the moduli over all ranks, the uniform reference for which CG converges best. Collective.
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

/// @throws RunError if options ask for less accuracy than elasticity.rtol may
void require_useful_tolerance(KSP ksp)
{
    constexpr double largest = 1e-2;
    PetscReal rtol = 0.0;
    SHEARWATER_PETSC(KSPGetTolerances(ksp, &rtol, nullptr, nullptr, nullptr));
    if (rtol > largest)
        throw RunError(fmt::format("-ksp_rtol {:g} is larger than {:g}, so that stresses would be far off; leave it out, or write a smaller one",
                                   rtol, largest));
}

/// What a user can do when a solve with PETSc's options fails.
std::string advice(KSPConvergedReason reason)
{
    switch (reason) {
        case KSP_DIVERGED_ITS: return "allow more with -ksp_max_it or choose another preconditioner (-pc_type fft is exact for uniform moduli)";
        case KSP_DIVERGED_INDEFINITE_PC:
            return "conjugate gradients need a preconditioner that is symmetric and positive definite: choose -pc_type fft, gamg or jacobi, or a "
                   "method that "
                   "does not need it (-ksp_type gmres)";
        case KSP_DIVERGED_INDEFINITE_MAT:
        case KSP_DIVERGED_NONSYMMETRIC:
            return "the method does not suit this operator, which is symmetric and positive semi-definite: choose -ksp_type cg";
        case KSP_DIVERGED_NANORINF: return "a number is not finite: look at the moduli, and at what the preconditioner does (-pc_type fft is safe)";
        case KSP_DIVERGED_PC_FAILED: return "the preconditioner could not be set up: choose another, e.g. -pc_type fft";
        default: return "choose another method or preconditioner; -ksp_type cg -pc_type fft are the program's own choice";
    }
}

std::string describe(KSP ksp, KSPConvergedReason reason)
{
    const char* words = nullptr;
    KSPGetConvergedReasonString(ksp, &words);
    PetscInt iterations = 0;
    PetscReal residual = 0.0;
    KSPGetIterationNumber(ksp, &iterations);
    KSPGetResidualNorm(ksp, &residual);
    return fmt::format("PETSc says {} ({}) after {} iterations, residual norm {:.3e}", words != nullptr ? words : "DIVERGED",
                       static_cast<int>(reason), iterations, residual);
}

}  // namespace

void SolveWatch::attach(KSP ksp)
{
    SHEARWATER_PETSC(KSPMonitorSet(ksp, monitor, this, nullptr));
}

void SolveWatch::solve(KSP ksp, Vec forces, Vec solution)
{
    is_over_ = false;
    before_ = done_;
    const PetscErrorCode code = KSPSolve(ksp, forces, solution);
    if (is_over_) throw Interrupted(false);
    check_petsc(code, "KSPSolve");
}

/// Called by PETSc at every iteration. An error code, the same on all ranks, ends the solve.
PetscErrorCode SolveWatch::monitor(KSP /*ksp*/, PetscInt iteration, PetscReal /*residual*/, void* watch)
{
    return static_cast<SolveWatch*>(watch)->must_end(iteration) ? PETSC_ERR_USER : 0;
}

/// Whether to end the solve at this iteration. Collective when the clock is due to be read, which all ranks know from the last reading.
bool SolveWatch::must_end(std::int64_t iteration)
{
    const Interrupt* interrupt = comm_.interrupt();
    done_ = before_ + iteration;
    if (interrupt == nullptr || !interrupt->is_armed() || done_ < next_reading_) return false;
    // Time between solves makes iterations seem longer, so that the clock is read more often than necessary.
    constexpr double seconds_between = 0.5;
    const double per_iteration = (MPI_Wtime() - last_time_) / static_cast<double>(std::max<std::int64_t>(1, done_ - last_reading_));
    std::array<std::int64_t, 2> word{interrupt->is_overdue() ? 1 : 0,
                                     static_cast<std::int64_t>(std::clamp(seconds_between / per_iteration, 1.0, 1e4))};
    check_mpi(MPI_Bcast(word.data(), 2, MPI_INT64_T, 0, comm_.get()), "MPI_Bcast");
    is_over_ = word[0] != 0;
    next_reading_ = done_ + word[1];
    last_reading_ = done_;
    last_time_ = MPI_Wtime();
    return is_over_;
}

template <int Dim>
ElasticSolver<Dim>::ElasticSolver(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli,
                                  double rtol)
    : comm_(comm),
      partition_(partition),
      preconditioner_(std::make_unique<FftPreconditioner<Dim>>(comm, partition.grid().refined(elements_per_voxel),
                                                               partition.refined(elements_per_voxel).boxes(), middle(comm, moduli))),
      watch_(comm),
      accurate_rtol_(std::min(1e-11, std::max(1e-3 * rtol, 1e-13)))
{
    mesh_ = std::make_unique<ElasticMesh<Dim>>(comm, partition, elements_per_voxel, std::move(moduli));
    operator_ = mesh_->matrix_free();
    SHEARWATER_PETSC(DMCreateGlobalVector(mesh_->dm(), displacement_.receive()));
    SHEARWATER_PETSC(VecDuplicate(displacement_.get(), forces_.receive()));
    SHEARWATER_PETSC(VecDuplicate(displacement_.get(), residual_.receive()));
    SHEARWATER_PETSC(KSPCreate(comm.get(), ksp_.receive()));
    SHEARWATER_PETSC(KSPCreate(comm.get(), accurate_ksp_.receive()));
    configure_accurate();
    configure(rtol);
}

/// Sets up the KSP of the run by PETSc's options. Collective.
template <int Dim>
void ElasticSolver<Dim>::configure(double rtol)
{
    SHEARWATER_PETSC(KSPSetType(ksp_.get(), KSPCG));
    SHEARWATER_PETSC(KSPSetNormType(ksp_.get(), KSP_NORM_UNPRECONDITIONED));
    SHEARWATER_PETSC(KSPSetTolerances(ksp_.get(), rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
    SHEARWATER_PETSC(KSPSetInitialGuessNonzero(ksp_.get(), PETSC_TRUE));
    const auto translations = mesh_->translations();
    SHEARWATER_PETSC(MatSetNullSpace(operator_.get(), translations.get()));
    PC pc = nullptr;
    SHEARWATER_PETSC(KSPGetPC(ksp_.get(), &pc));
    preconditioner_->attach(pc);
    // PETSc chooses defaults of the preconditioner by its operator, which must be set before the options are read.
    SHEARWATER_PETSC(KSPSetOperators(ksp_.get(), operator_.get(), operator_.get()));
    SHEARWATER_PETSC(KSPSetFromOptions(ksp_.get()));
    watch_.attach(ksp_.get());  // options may have removed monitors
    require_useful_tolerance(ksp_.get());
    PetscBool shell = PETSC_FALSE;
    SHEARWATER_PETSC(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc), PCSHELL, &shell));
    if (shell == PETSC_TRUE) return;
    assembled_ = mesh_->assembled();
    SHEARWATER_PETSC(MatSetNullSpace(assembled_.get(), translations.get()));
    SHEARWATER_PETSC(KSPSetOperators(ksp_.get(), operator_.get(), assembled_.get()));
    SHEARWATER_PETSC(KSPSetUp(ksp_.get()));
}

/// Sets up the KSP of accurate solutions. Its prefix keeps options from it that PETSc reads when it solves. Collective.
template <int Dim>
void ElasticSolver<Dim>::configure_accurate()
{
    constexpr double none = 1e-300;
    constexpr int most_iterations = 100'000;
    SHEARWATER_PETSC(KSPSetOptionsPrefix(accurate_ksp_.get(), "accurate_"));
    SHEARWATER_PETSC(KSPSetType(accurate_ksp_.get(), KSPCG));
    SHEARWATER_PETSC(KSPSetNormType(accurate_ksp_.get(), KSP_NORM_UNPRECONDITIONED));
    SHEARWATER_PETSC(KSPSetTolerances(accurate_ksp_.get(), accurate_rtol_, none, PETSC_DEFAULT, most_iterations));
    SHEARWATER_PETSC(KSPSetInitialGuessNonzero(accurate_ksp_.get(), PETSC_TRUE));
    PC pc = nullptr;
    SHEARWATER_PETSC(KSPGetPC(accurate_ksp_.get(), &pc));
    preconditioner_->attach(pc);
    SHEARWATER_PETSC(KSPSetOperators(accurate_ksp_.get(), operator_.get(), operator_.get()));
    watch_.attach(accurate_ksp_.get());
}

/// The norm that rounding errors give the nodal forces of eigenstrains: those of a uniform field, which are zero, have this norm. Collective.
template <int Dim>
double ElasticSolver<Dim>::rounding_of_forces(const std::vector<SymmetricTensor<Dim>>& eigenstrain) const
{
    constexpr double epsilon = 1e-15;
    ExactSum squares;
    for (std::size_t voxel = 0; voxel < eigenstrain.size(); ++voxel) {
        const auto& moduli = mesh_->moduli(static_cast<std::int64_t>(voxel));
        const double modulus = std::abs(moduli.lambda) + 2.0 * moduli.mu;
        for (const double component : eigenstrain[voxel])
            if (std::isfinite(component)) squares.add(modulus * component * modulus * component);
    }
    const double nodes_of_voxel = std::pow(mesh_->elements_per_voxel(), Dim);
    return epsilon * std::sqrt(nodes_of_voxel * exact_sum(comm_, squares));
}

/// Computes ‖f − K u‖ / max(‖f‖, least) of a solution u for the forces `forces_`; 0 if the residual is 0. Collective.
template <int Dim>
double ElasticSolver<Dim>::relative_residual(Vec solution, double least)
{
    mesh_->apply(solution, residual_.get());
    SHEARWATER_PETSC(VecAYPX(residual_.get(), -1.0, forces_.get()));
    PetscReal residual = 0.0;
    PetscReal force = 0.0;
    SHEARWATER_PETSC(VecNorm(residual_.get(), NORM_2, &residual));
    SHEARWATER_PETSC(VecNorm(forces_.get(), NORM_2, &force));
    return residual > 0.0 ? residual / std::max(force, least) : residual;
}

/// Sets the guess to zero if the last solution is a worse one. PETSc compares residuals with ‖f‖: after a solve with far larger forces it
/// would stop at once as divergent, and without forces a remainder of the last solution would count as converged. Collective.
template <int Dim>
void ElasticSolver<Dim>::reset_poor_guess()
{
    if (relative_residual(displacement_.get(), 0.0) < 1.0) return;
    SHEARWATER_PETSC(VecZeroEntries(displacement_.get()));
}

template <int Dim>
void ElasticSolver<Dim>::count(KSP ksp)
{
    PetscInt iterations = 0;
    SHEARWATER_PETSC(KSPGetIterationNumber(ksp, &iterations));
    last_iterations_ = static_cast<int>(iterations);
    iterations_ += iterations;
    ++solves_;
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> ElasticSolver<Dim>::stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain)
{
    mesh_->eigenstrain_forces(eigenstrain, forces_.get());
    reset_poor_guess();
    watch_.solve(ksp_.get(), forces_.get(), displacement_.get());
    count(ksp_.get());
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    SHEARWATER_PETSC(KSPGetConvergedReason(ksp_.get(), &reason));
    if (reason <= 0) throw RunError(fmt::format("the elastic solve did not converge: {}; {}", describe(ksp_.get(), reason), advice(reason)));
    return mesh_->voxel_stress(displacement_.get(), eigenstrain);
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> ElasticSolver<Dim>::accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain)
{
    mesh_->eigenstrain_forces(eigenstrain, forces_.get());
    PetscVector solution;  // of its own, so that the guess of the next `stress` does not depend on checks in between
    SHEARWATER_PETSC(VecDuplicate(displacement_.get(), solution.receive()));
    SHEARWATER_PETSC(VecZeroEntries(solution.get()));
    // The residual that conjugate gradients update drifts away from the true one; a solve that is restarted from its solution gets closer.
    constexpr int most_tries = 5;
    constexpr double margin = 10.0;
    const double least = rounding_of_forces(eigenstrain) / accurate_rtol_;
    double residual = 0.0;
    for (int tries = 0; tries < most_tries; ++tries) {
        watch_.solve(accurate_ksp_.get(), forces_.get(), solution.get());
        count(accurate_ksp_.get());
        residual = relative_residual(solution.get(), least);
        if (residual <= margin * accurate_rtol_) return mesh_->voxel_stress(solution.get(), eigenstrain);
    }
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    SHEARWATER_PETSC(KSPGetConvergedReason(accurate_ksp_.get(), &reason));
    throw RunError(
        fmt::format("the accurate solve, which stresses are checked against, did not converge: its relative residual is {:.3e}, {:.1e} is needed; "
                    "{}; moduli may differ by "
                    "too much (elasticity.modulus_std)",
                    residual, accurate_rtol_, describe(accurate_ksp_.get(), reason)));
}

template <int Dim>
void ElasticSolver<Dim>::visit(Archive& archive)
{
    PetscInt size = 0;
    SHEARWATER_PETSC(VecGetLocalSize(displacement_.get(), &size));
    PetscScalar* values = nullptr;
    SHEARWATER_PETSC(VecGetArray(displacement_.get(), &values));
    std::vector<double> displacement(values, values + size);
    archive("displacement", displacement);
    SHEARWATER_EXPECTS(std::ssize(displacement) == size);
    std::copy(displacement.begin(), displacement.end(), values);
    SHEARWATER_PETSC(VecRestoreArray(displacement_.get(), &values));
    archive("solves", solves_);
    archive("iterations", iterations_);
}

template class ElasticSolver<2>;
template class ElasticSolver<3>;

}  // namespace shearwater
