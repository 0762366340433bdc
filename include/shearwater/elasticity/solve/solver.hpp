#pragma once

#include <memory>
#include <string>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/elasticity/options.hpp>
#include <shearwater/elasticity/solve/fft_preconditioner.hpp>
#include <shearwater/elasticity/solve/mesh.hpp>

namespace shearwater {

/// Ends solves when the time of the run is over: about every half second, as estimated from the time per iteration, rank 0 broadcasts whether to go on.
/// A solve may use the grace period of the interrupt, since all that has been computed for it would be lost.
class SolveWatch {
  public:
    /// Keeps a reference to `comm`.
    explicit SolveWatch(const Communicator& comm) noexcept : comm_(comm) {}

    /// Makes a KSP call this object at every iteration. The object must outlive the KSP.
    void attach(KSP ksp);
    /// Runs a solve. Collective. @throws Interrupted if the grace period ended during it
    void solve(KSP ksp, Vec forces, Vec solution);

  private:
    static PetscErrorCode monitor(KSP ksp, PetscInt iteration, PetscReal residual, void* watch);
    [[nodiscard]] bool must_end(std::int64_t iteration);

    const Communicator& comm_;
    // Iterations of all solves together are counted, so that short solves need no reading of the clock.
    std::int64_t done_ = 0;
    std::int64_t before_ = 0;        ///< iterations before the present solve
    std::int64_t next_reading_ = 1;  ///< iterations at the next reading of the clock
    std::int64_t last_reading_ = 0;  ///< iterations at the last reading
    double last_time_ = 0.0;         ///< time of the last reading [s]
    bool is_over_ = false;
};

/// Solves for the stress of a periodic cell with given eigenstrains, at zero mean strain, by conjugate gradients of PETSc.
///
/// The preconditioner is `fft` (FftPreconditioner) unless PETSc's options choose another (`-pc_type gamg`), for which the matrix is
/// assembled. Each solve starts from the last solution if that is a better guess than zero.
///
/// Solutions that others are checked against come from a second KSP, the accurate one: CG with `fft`, which reads no options, so that nothing that a user
/// sets can weaken both alike. Its residual is computed from the solution, because the one that conjugate gradients update drifts away from it
/// (A. Greenbaum, Estimating the attainable accuracy of recursively computed residual methods, SIAM J. Matrix Anal. Appl. 18 (1997) 535–551).
template <int Dim>
class ElasticSolver {
  public:
    /// Configures the KSP from PETSc's options. Collective. Keeps a reference to `comm`.
    /// @param moduli  one per voxel of this rank's box, or one for all
    /// @param rtol    relative reduction of the residual
    ElasticSolver(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli, double rtol);

    /// Returns the voxel-mean stress, one per voxel of this rank's box [GPa]. Collective.
    /// @param eigenstrain  one tensor per voxel of this rank's box
    /// @throws RunError with the reason and the residual if the solver does not converge
    /// @throws Interrupted
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);

    /// Returns the same by the accurate KSP, which starts from zero, to a relative residual of 1e-11 or a thousandth of `rtol` (at best 1e-13). Collective.
    /// @throws RunError if the residual stays larger
    /// @throws Interrupted
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain);

    /// The cell that is solved.
    [[nodiscard]] const Partition<Dim>& partition() const noexcept { return partition_; }
    [[nodiscard]] const ElasticMesh<Dim>& mesh() const noexcept { return *mesh_; }
    [[nodiscard]] int last_iterations() const noexcept { return last_iterations_; }
    [[nodiscard]] std::int64_t solves() const noexcept { return solves_; }
    [[nodiscard]] std::int64_t iterations() const noexcept { return iterations_; }

    /// Displacement of the last solve [element edges], Dim values per node of this rank.
    [[nodiscard]] Vec displacement() const noexcept { return displacement_.get(); }

    /// Lists the state: the last displacement, from which the next solve starts, and counts.
    void visit(Archive& archive);

  private:
    void reset_poor_guess();
    void configure(double rtol);
    void configure_accurate();
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
    PetscSolver accurate_ksp_;
    double accurate_rtol_;
    PetscVector displacement_;
    PetscVector forces_;
    PetscVector residual_;
    int last_iterations_ = 0;
    std::int64_t solves_ = 0;
    std::int64_t iterations_ = 0;
};

}  // namespace shearwater
