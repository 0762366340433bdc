#pragma once

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Lets a write to a closed pipe, or beyond the largest size of a file, fail with a reason instead of ending the process.
void ignore_write_signals() noexcept;

/// The lifetime of MPI in this process. PETSc starts inside it, when its options are known (petsc/session.hpp).
class MpiSession {
  public:
    MpiSession(int& argc, char**& argv);
    ~MpiSession();
    MpiSession(const MpiSession&) = delete;
    MpiSession& operator=(const MpiSession&) = delete;
    MpiSession(MpiSession&&) = delete;
    MpiSession& operator=(MpiSession&&) = delete;

    /// All ranks of the program. Collective.
    [[nodiscard]] Communicator world() const;

    /// When the program began, in MPI_Wtime's seconds.
    [[nodiscard]] double start() const noexcept { return start_; }

    /// Waits until all ranks have called this; false if they have not within `seconds`. For ranks that may have failed alone.
    [[nodiscard]] bool all_arrive(double seconds) const;

    /// Ends all ranks at once: the last resort when one rank fails alone.
    [[noreturn]] static void abort(int status) noexcept;

  private:
    double start_ = 0.0;
    MPI_Comm meeting_;  ///< used by nothing but all_arrive, so that it cannot meet another collective
};

}  // namespace shearwater
