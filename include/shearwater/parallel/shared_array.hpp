#pragma once

#include <cstdint>
#include <span>

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// An array of numbers of which there is one copy per node, readable by all its ranks (MPI-3 shared memory).
///
/// Writers fill it between construction and `publish`; afterwards it is only read.
template <class T>
class SharedArray {
  public:
    /// Collective on `node`, the communicator of the ranks that share memory. The memory is zero.
    SharedArray(const Communicator& node, std::int64_t size);
    ~SharedArray();
    SharedArray(SharedArray&& other) noexcept;
    SharedArray& operator=(SharedArray&& other) noexcept;
    SharedArray(const SharedArray&) = delete;
    SharedArray& operator=(const SharedArray&) = delete;

    /// Makes what any rank of the node wrote visible to the others. Collective on the node.
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
