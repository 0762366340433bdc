#pragma once

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Ignores SIGPIPE and SIGXFSZ, so that a write to a closed pipe or beyond the file size limit fails with an error code instead of ending the
/// process.
void ignore_write_signals() noexcept;

/// Initializes MPI and finalizes it at the end of its lifetime. PETSc is initialized within that, when its options are known (petsc/session.hpp).
class MpiSession {
  public:
    MpiSession(int& argc, char**& argv);
    ~MpiSession();
    MpiSession(const MpiSession&) = delete;
    MpiSession& operator=(const MpiSession&) = delete;
    MpiSession(MpiSession&&) = delete;
    MpiSession& operator=(MpiSession&&) = delete;

    /// Communicator of all ranks of the program. Collective.
    [[nodiscard]] Communicator world() const;

    /// Time at which the program began, in MPI_Wtime's seconds.
    [[nodiscard]] double start() const noexcept { return start_; }

    /// Waits until all ranks have called this function, at most for `seconds`. It serves ranks that do not know whether the others have failed too.
    /// @return whether all ranks have called it
    [[nodiscard]] bool all_arrive(double seconds) const;

    /// Aborts all ranks at once. It is the last resort when one rank has failed alone.
    [[noreturn]] static void abort(int status) noexcept;

  private:
    double start_ = 0.0;
    MPI_Comm meeting_;  ///< used by all_arrive only, so that its barrier cannot match another collective
};

}  // namespace shearwater
