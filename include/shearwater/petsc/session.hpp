#pragma once

#include <string>
#include <vector>

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// The lifetime of PETSc, within that of MPI, and its options database.
class PetscSession {
  public:
    /// Collective on all ranks. Errors inside PETSc come back as return codes, quietly.
    /// @param options  PETSc's own command-line options and their values, which win over PETSC_OPTIONS and .petscrc; of two that are the same the later
    ///                 wins. `-pc_type fft` names the program's own preconditioner.
    /// @throws InputError if PETSc does not take them
    PetscSession(const Communicator& comm, const std::vector<std::string>& options);
    ~PetscSession();
    PetscSession(const PetscSession&) = delete;
    PetscSession& operator=(const PetscSession&) = delete;
    PetscSession(PetscSession&&) = delete;
    PetscSession& operator=(PetscSession&&) = delete;

    /// All options in force, wherever they were set (command line, deck, PETSC_OPTIONS, .petscrc), as they would be written on a command line; empty if
    /// there are none.
    [[nodiscard]] std::string options() const;

    /// Options that no part of PETSc has asked for: mistyped ones, or for a solver that is not chosen. Call it when all
    /// solvers are configured.
    [[nodiscard]] std::vector<std::string> unused_options() const;
};

}  // namespace shearwater
