#pragma once

#include <mpi.h>

#include <shearwater/parallel/interrupt.hpp>

namespace shearwater {

/// An MPI communicator that belongs to this object, with MPI errors turned into exceptions.
///
/// Always made by MPI_Comm_split: HDF5 1.10.8 with Open MPI 4.1.4 silently stores wrong data when it writes collectively
/// through a Cartesian communicator or a duplicate of one. (Today only one rank uses HDF5.)
class Communicator {
  public:
    /// All ranks of `parent`, in their order. Collective on `parent`.
    explicit Communicator(MPI_Comm parent);
    ~Communicator();
    Communicator(Communicator&& other) noexcept;
    Communicator& operator=(Communicator&& other) noexcept;
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;

    /// The ranks that share memory with this one, in their order; what may end their work is the same. Collective.
    [[nodiscard]] Communicator node() const;

    /// The ranks that give the same number, in their order. Collective. @param colour  >= 0
    [[nodiscard]] Communicator split(int colour) const;

    /// From now on what is done on this communicator, and on parts made of it later, may be ended by `interrupt`, which must outlive it.
    void watch(Interrupt& interrupt) noexcept { interrupt_ = &interrupt; }
    /// What may end the work of these ranks; null if nothing does.
    [[nodiscard]] Interrupt* interrupt() const noexcept { return interrupt_; }
    /// Whether this rank knows that work must end now. Not collective.
    [[nodiscard]] bool must_end() const noexcept { return interrupt_ != nullptr && interrupt_->is_due(); }
    /// Whether the grace is over as well, so that even what is half done must be left. Not collective.
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
