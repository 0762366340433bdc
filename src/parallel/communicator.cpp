#include <shearwater/parallel/communicator.hpp>

#include <utility>

#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

namespace {

MPI_Comm split_all(MPI_Comm parent)
{
    int rank = 0;
    check_mpi(MPI_Comm_rank(parent, &rank), "MPI_Comm_rank");
    MPI_Comm handle = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split(parent, 0, rank, &handle), "MPI_Comm_split");
    return handle;
}

}  // namespace

Communicator::Communicator(MPI_Comm parent) : Communicator(Adopt{}, split_all(parent)) {}

Communicator::Communicator(Adopt, MPI_Comm handle) : handle_(handle)
{
    check_mpi(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check_mpi(MPI_Comm_rank(handle_, &rank_), "MPI_Comm_rank");
    check_mpi(MPI_Comm_size(handle_, &size_), "MPI_Comm_size");
}

Communicator::~Communicator()
{
    if (handle_ != MPI_COMM_NULL) MPI_Comm_free(&handle_);
}

Communicator::Communicator(Communicator&& other) noexcept
    : handle_(std::exchange(other.handle_, MPI_COMM_NULL)), rank_(other.rank_), size_(other.size_), interrupt_(other.interrupt_)
{
}

Communicator& Communicator::operator=(Communicator&& other) noexcept
{
    std::swap(handle_, other.handle_);
    std::swap(rank_, other.rank_);
    std::swap(size_, other.size_);
    std::swap(interrupt_, other.interrupt_);
    return *this;
}

Communicator Communicator::split(int colour) const
{
    MPI_Comm handle = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split(handle_, colour, rank_, &handle), "MPI_Comm_split");
    Communicator part(Adopt{}, handle);
    part.interrupt_ = interrupt_;
    return part;
}

Communicator Communicator::node() const
{
    MPI_Comm handle = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split_type(handle_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &handle), "MPI_Comm_split_type");
    Communicator node(Adopt{}, handle);
    node.interrupt_ = interrupt_;
    return node;
}

}  // namespace shearwater
