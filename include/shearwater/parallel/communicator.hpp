#pragma once

#include <mpi.h>

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

    /// The ranks that share memory with this one, in their order. Collective.
    [[nodiscard]] Communicator node() const;

    /// The ranks that give the same number, in their order. Collective. @param colour  >= 0
    [[nodiscard]] Communicator split(int colour) const;

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
};

}  // namespace shearwater
