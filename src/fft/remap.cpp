#include <shearwater/fft/remap.hpp>

#include <algorithm>
#include <cstring>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

namespace {

/// Calls visit(offset in `box`, offset in `part`, length) for every run of `part` along x, `part` lying within `box`.
template <int Dim, class Visit>
void for_each_run(const Box<Dim>& box, const Box<Dim>& part, Visit&& visit)
{
    const std::int64_t length = part.extent(0);
    const std::int64_t count = part.count();
    for (std::int64_t start = 0; start < count; start += length) visit(box.local(part.index(start)), start, length);
}

template <int Dim>
std::vector<Box<Dim>> intersections(const Box<Dim>& mine, const std::vector<Box<Dim>>& others)
{
    std::vector<Box<Dim>> parts;
    parts.reserve(others.size());
    for (const auto& other : others) parts.push_back(mine.intersection(other));
    return parts;
}

/// Elements sent to or received from each rank, and where each rank's begin.
template <int Dim>
struct Counts {
    explicit Counts(const std::vector<Box<Dim>>& parts)
    {
        for (const auto& part : parts) {
            starts.push_back(static_cast<int>(total));
            counts.push_back(static_cast<int>(part.count()));
            total += part.count();
        }
    }
    std::vector<int> counts;
    std::vector<int> starts;
    std::int64_t total = 0;
};

MPI_Datatype type_of(double /*unused*/)
{
    return MPI_DOUBLE;
}

MPI_Datatype type_of(std::complex<double> /*unused*/)
{
    return MPI_C_DOUBLE_COMPLEX;
}

}  // namespace

template <int Dim>
Remap<Dim>::Remap(const Communicator& comm, const std::vector<Box<Dim>>& from, const std::vector<Box<Dim>>& to)
    : comm_(comm),
      mine_from_(from[comm.rank()]),
      mine_to_(to[comm.rank()]),
      identity_(from == to),
      sends_(intersections(mine_from_, to)),
      receives_(intersections(mine_to_, from))
{
}

template <int Dim>
template <class Value>
void Remap<Dim>::move(std::span<const Value> source, std::span<Value> target)
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(source.size()) == mine_from_.count());
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(target.size()) == mine_to_.count());
    if (identity_) {
        std::copy(source.begin(), source.end(), target.begin());
        return;
    }
    const Counts<Dim> send(sends_);
    const Counts<Dim> receive(receives_);
    constexpr std::size_t width = sizeof(Value) / sizeof(double);
    outgoing_.resize(send.total * width);
    incoming_.resize(receive.total * width);
    auto* out = reinterpret_cast<Value*>(outgoing_.data());
    auto* in = reinterpret_cast<Value*>(incoming_.data());
    for (std::size_t rank = 0; rank < sends_.size(); ++rank)
        for_each_run(mine_from_, sends_[rank], [&](std::int64_t from, std::int64_t to, std::int64_t length) {
            std::copy_n(source.data() + from, length, out + send.starts[rank] + to);
        });
    const MPI_Datatype type = type_of(Value{});
    check_mpi(MPI_Alltoallv(out, send.counts.data(), send.starts.data(), type, in, receive.counts.data(), receive.starts.data(), type, comm_.get()),
              "MPI_Alltoallv");
    for (std::size_t rank = 0; rank < receives_.size(); ++rank)
        for_each_run(mine_to_, receives_[rank], [&](std::int64_t to, std::int64_t from, std::int64_t length) {
            std::copy_n(in + receive.starts[rank] + from, length, target.data() + to);
        });
    ++traffic_.collectives;
    for (int rank = 0; rank < comm_.size(); ++rank) {
        if (rank == comm_.rank() || send.counts[rank] == 0) continue;
        ++traffic_.messages;
        traffic_.bytes += send.counts[rank] * static_cast<std::int64_t>(sizeof(Value));
    }
}

template <int Dim>
void Remap<Dim>::execute(std::span<const double> source, std::span<double> target)
{
    move<double>(source, target);
}

template <int Dim>
void Remap<Dim>::execute(std::span<const std::complex<double>> source, std::span<std::complex<double>> target)
{
    move<std::complex<double>>(source, target);
}

template class Remap<2>;
template class Remap<3>;

}  // namespace shearwater
