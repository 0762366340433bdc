#pragma once

#include <mpi.h>

#include <shearwater/parallel/interrupt.hpp>

namespace shearwater {

/// Owns an MPI communicator. MPI errors on it are returned as codes, which check_mpi turns into exceptions.
///
/// It is always created by MPI_Comm_split: HDF5 1.10.8 with Open MPI 4.1.4 silently stores wrong data when it writes collectively through a Cartesian
/// communicator or a duplicate of one. (At present only one rank uses HDF5.)
class Communicator {
  public:
    /// Creates a communicator with the ranks of `parent`, in the same order. Collective on `parent`.
    explicit Communicator(MPI_Comm parent);
    ~Communicator();
    Communicator(Communicator&& other) noexcept;
    Communicator& operator=(Communicator&& other) noexcept;
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;

    /// Communicator of the ranks that share memory with this one, in the same order and with the same interrupt. Collective.
    [[nodiscard]] Communicator node() const;

    /// Communicator of the ranks that pass the same colour, in the same order and with the same interrupt. Collective. @param colour  >= 0
    [[nodiscard]] Communicator split(int colour) const;

    /// Lets `interrupt` end work on this communicator and on those that are split from it later. Keeps a reference. Not collective.
    void watch(Interrupt& interrupt) noexcept { interrupt_ = &interrupt; }
    /// The interrupt of these ranks, or null.
    [[nodiscard]] Interrupt* interrupt() const noexcept { return interrupt_; }
    /// Whether work must end now according to this rank. Not collective.
    [[nodiscard]] bool must_end() const noexcept { return interrupt_ != nullptr && interrupt_->is_due(); }
    /// Whether the grace period is over as well, so that even unfinished work must be abandoned. Not collective.
    [[nodiscard]] bool must_leave() const noexcept { return interrupt_ != nullptr && interrupt_->is_overdue(); }

    [[nodiscard]] int rank() const noexcept { return rank_; }
    [[nodiscard]] int size() const noexcept { return size_; }
    [[nodiscard]] bool is_root() const noexcept { return rank_ == 0; }
    [[nodiscard]] MPI_Comm get() const noexcept { return handle_; }

  private:
    struct Adopt {};
    Communicator(Adopt, MPI_Comm handle);

    MPI_Comm handle_ = MPI_COMM_NULL;
    int rank_ = 0;
    int size_ = 1;
    Interrupt* interrupt_ = nullptr;
};

}  // namespace shearwater
