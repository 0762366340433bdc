#pragma once

#include <string>
#include <vector>

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Initializes PETSc with its options database and finalizes it at the end of its lifetime, which must lie within that of MPI.
class PetscSession {
  public:
    /// Initializes PETSc. Collective. PETSc's error handler is set to return error codes without printing anything.
    /// @param comm     all ranks of the program
    /// @param options  PETSc's command-line options and their values. They take precedence over PETSC_OPTIONS and .petscrc, and later options over
    ///                 earlier ones. `-pc_type fft` selects the program's own preconditioner.
    /// @throws RunError if PETSc refuses an option
    PetscSession(const Communicator& comm, const std::vector<std::string>& options);
    ~PetscSession();
    PetscSession(const PetscSession&) = delete;
    PetscSession& operator=(const PetscSession&) = delete;
    PetscSession(PetscSession&&) = delete;
    PetscSession& operator=(PetscSession&&) = delete;

    /// All options in force from the command line, the deck, PETSC_OPTIONS and .petscrc, as they would be written on a command line. The text is
    /// empty if there are none. Not collective.
    [[nodiscard]] std::string options() const;

    /// Options that PETSc has not queried: they are mistyped, or belong to a solver that is not selected. To be called after all solvers have been
    /// configured. Not collective.
    [[nodiscard]] std::vector<std::string> unused_options() const;
};

}  // namespace shearwater
