#pragma once

#include <cstdint>
#include <span>

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// An array with one copy per node, shared by the ranks of the node (MPI-3 shared memory).
///
/// Ranks write to it between construction and `publish`; afterwards it is read only.
template <class T>
class SharedArray {
  public:
    /// Allocates the array and sets it to zero. Collective. @param node  the ranks that share memory (Communicator::node)
    SharedArray(const Communicator& node, std::int64_t size);
    ~SharedArray();
    SharedArray(SharedArray&& other) noexcept;
    SharedArray& operator=(SharedArray&& other) noexcept;
    SharedArray(const SharedArray&) = delete;
    SharedArray& operator=(const SharedArray&) = delete;

    /// Makes the values written by each rank visible to the others. Collective on the node.
    void publish(const Communicator& node);

    [[nodiscard]] std::span<T> values() noexcept { return {data_, static_cast<std::size_t>(size_)}; }
    [[nodiscard]] const T* data() const noexcept { return data_; }
    [[nodiscard]] std::int64_t size() const noexcept { return size_; }

  private:
    MPI_Win window_ = MPI_WIN_NULL;
    T* data_ = nullptr;
    std::int64_t size_ = 0;
};

}  // namespace shearwater
