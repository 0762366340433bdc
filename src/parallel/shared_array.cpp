#include <shearwater/parallel/shared_array.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

template <class T>
SharedArray<T>::SharedArray(const Communicator& node, std::int64_t size) : size_(size)
{
    const MPI_Aint bytes = node.is_root() ? static_cast<MPI_Aint>(size * sizeof(T)) : 0;
    T* own = nullptr;
    check_mpi(MPI_Win_allocate_shared(bytes, sizeof(T), MPI_INFO_NULL, node.get(), static_cast<void*>(&own), &window_), "MPI_Win_allocate_shared");
    MPI_Aint root_bytes = 0;
    int unit = 0;
    check_mpi(MPI_Win_shared_query(window_, 0, &root_bytes, &unit, static_cast<void*>(&data_)), "MPI_Win_shared_query");
    check_mpi(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
    if (node.is_root()) std::fill_n(data_, size_, T{});
    publish(node);
}

template <class T>
SharedArray<T>::~SharedArray()
{
    // Freeing is collective. While an exception unwinds, the other ranks may never get here.
    if (window_ == MPI_WIN_NULL || std::uncaught_exceptions() > 0) return;
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
}

template <class T>
SharedArray<T>::SharedArray(SharedArray&& other) noexcept
    : window_(std::exchange(other.window_, MPI_WIN_NULL)), data_(other.data_), size_(other.size_)
{
}

template <class T>
SharedArray<T>& SharedArray<T>::operator=(SharedArray&& other) noexcept
{
    std::swap(window_, other.window_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

template <class T>
void SharedArray<T>::publish(const Communicator& node)
{
    check_mpi(MPI_Win_sync(window_), "MPI_Win_sync");
    check_mpi(MPI_Barrier(node.get()), "MPI_Barrier");
    check_mpi(MPI_Win_sync(window_), "MPI_Win_sync");
}

template class SharedArray<double>;
template class SharedArray<float>;

}  // namespace shearwater
