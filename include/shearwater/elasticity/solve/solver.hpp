#pragma once

#include <memory>
#include <string>
#include <vector>

#include <shearwater/elasticity/options.hpp>
#include <shearwater/elasticity/solve/fft_preconditioner.hpp>
#include <shearwater/elasticity/solve/mesh.hpp>

namespace shearwater {

/// Looks at the clock in the middle of solves: when rank 0 thinks that half a second has passed, all ranks agree whether to go on. A solve may use up the
/// grace of the interrupt, as what it is for is lost without it.
class SolveWatch {
  public:
    /// Keeps a reference to `comm`.
    explicit SolveWatch(const Communicator& comm) noexcept : comm_(comm) {}

    /// Has a KSP call this at every iteration. @param ksp  which this must outlive
    void attach(KSP ksp);
    /// Runs a solve. Collective. @throws Interrupted if the time was up in it
    void solve(KSP ksp, Vec forces, Vec solution);

  private:
    static PetscErrorCode look(KSP ksp, PetscInt iteration, PetscReal residual, void* watch);
    [[nodiscard]] bool must_end(std::int64_t iteration);

    const Communicator& comm_;
    // Iterations of all solves together, so that short ones need no look of their own.
    std::int64_t done_ = 0;
    std::int64_t before_ = 0;     ///< the present solve
    std::int64_t next_ = 1;       ///< at which to look
    std::int64_t last_done_ = 0;  ///< at the last look
    double last_look_ = 0.0;      ///< when that was [s]
    bool is_over_ = false;
};

/// Solves for the stress of a periodic cell with given eigenstrains, at zero mean strain, by PETSc's CG.
///
/// The preconditioner is `fft` unless PETSc's options choose another (`-pc_type gamg`), for which the matrix is
/// assembled. Each solve starts from the last solution, if that is a better guess than none.
///
/// Solutions that others are judged by come from a solver of its own (CG with `fft`, options prefix `judge_`), which reads no options, so that nothing
/// a user sets can weaken both alike.
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

    /// The same by the judge's own solver, from nothing, to a relative residual of 1e-11 or a thousandth of `rtol` (at best 1e-13), which is computed from
    /// the solution and not taken from the solver's word. Collective. @throws RunError if it does not come so far
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
    void configure(double rtol);
    void configure_judge(double rtol);
    [[nodiscard]] double rounding_of_forces(const std::vector<SymmetricTensor<Dim>>& eigenstrain) const;
    [[nodiscard]] double relative_residual(Vec solution, double least);
    void count(KSP ksp);

    const Communicator& comm_;
    Partition<Dim> partition_;
    std::unique_ptr<ElasticMesh<Dim>> mesh_;  // its address is kept by the matrix
    std::unique_ptr<FftPreconditioner<Dim>> preconditioner_;
    PetscMatrix operator_;
    PetscMatrix assembled_;
    SolveWatch watch_;
    PetscSolver ksp_;
    PetscSolver judge_;
    double judge_rtol_;
    PetscVector displacement_;
    PetscVector forces_;
    PetscVector residual_;
    int last_iterations_ = 0;
    std::int64_t solves_ = 0;
    std::int64_t iterations_ = 0;
};

}  // namespace shearwater
