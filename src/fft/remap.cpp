#include <shearwater/fft/remap.hpp>

#include <algorithm>

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

template <int Dim>
std::int64_t largest(const std::vector<Box<Dim>>& parts, int but)
{
    std::int64_t largest = 0;
    for (int rank = 0; rank < static_cast<int>(parts.size()); ++rank)
        if (rank != but) largest = std::max(largest, parts[rank].count());
    return largest;
}

/// Copies `part` of a field to consecutive values. @param box  of the field
template <int Dim, class Value>
void pack(const Box<Dim>& box, const Box<Dim>& part, const Value* field, Value* values)
{
    for_each_run(box, part, [&](std::int64_t from, std::int64_t to, std::int64_t length) { std::copy_n(field + from, length, values + to); });
}

template <int Dim, class Value>
void unpack(const Box<Dim>& box, const Box<Dim>& part, const Value* values, Value* field)
{
    for_each_run(box, part, [&](std::int64_t to, std::int64_t from, std::int64_t length) { std::copy_n(values + from, length, field + to); });
}

/// Copies `part` from one field to another.
template <int Dim, class Value>
void copy(const Box<Dim>& from, const Box<Dim>& to, const Box<Dim>& part, const Value* source, Value* target)
{
    for_each_run(from, part, [&](std::int64_t first, std::int64_t start, std::int64_t length) {
        std::copy_n(source + first, length, target + to.local(part.index(start)));
    });
}

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
        if (source.data() != target.data()) std::copy(source.begin(), source.end(), target.begin());
        return;
    }
    const int me = comm_.rank();
    const int ranks = comm_.size();
    const MPI_Datatype type = type_of(Value{});
    std::vector<Value> outgoing(largest(sends_, me));
    std::vector<Value> incoming(largest(receives_, me));
    copy(mine_from_, mine_to_, sends_[me], source.data(), target.data());
    for (int step = 1; step < ranks; ++step) {
        const int to = (me + step) % ranks;
        const int from = (me - step + ranks) % ranks;
        const auto sent = static_cast<int>(sends_[to].count());
        const auto received = static_cast<int>(receives_[from].count());
        pack(mine_from_, sends_[to], source.data(), outgoing.data());
        check_mpi(MPI_Sendrecv(outgoing.data(), sent, type, sent > 0 ? to : MPI_PROC_NULL, 0, incoming.data(), received, type,
                               received > 0 ? from : MPI_PROC_NULL, 0, comm_.get(), MPI_STATUS_IGNORE),
                  "MPI_Sendrecv");
        unpack(mine_to_, receives_[from], incoming.data(), target.data());
        if (sent == 0) continue;
        ++traffic_.messages;
        traffic_.bytes += sent * static_cast<std::int64_t>(sizeof(Value));
    }
    ++traffic_.collectives;
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
