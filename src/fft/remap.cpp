#include <shearwater/fft/remap.hpp>

#include <algorithm>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/message.hpp>
#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

namespace {

/// Calls visit(offset in `box`, offset in `part`, length) for every row of `part` along x. `part` must lie within `box`.
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

/// Copies a part of a field to consecutive values. @param box  box of the field
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

/// Copies a part of one field to another. @param from, to  boxes of the fields
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
    const auto& own = sends_[comm_.rank()];
    copy(mine_from_, mine_to_, own, source.data(), target.data());
    for (int step = 1; step < comm_.size();) step = exchange(step, source, target);
    ++traffic_.collectives;
}

/// The rank to which this rank sends in a step: `step` places after it. The rank from which it receives lies `step` places before it.
template <int Dim>
int Remap<Dim>::receiver(int step) const noexcept
{
    return (comm_.rank() + step) % comm_.size();
}

template <int Dim>
int Remap<Dim>::sender(int step) const noexcept
{
    return (comm_.rank() - step + comm_.size()) % comm_.size();
}

/// End of the longest sequence of steps from `begin` on that sends and receives at most `most` values, but has at least one step.
template <int Dim>
int Remap<Dim>::end_of_steps(int begin, std::int64_t most) const noexcept
{
    std::int64_t sent = 0;
    std::int64_t received = 0;
    for (int step = begin; step < comm_.size(); ++step) {
        sent += sends_[receiver(step)].count();
        received += receives_[sender(step)].count();
        if (step > begin && std::max(sent, received) > most) return step;
    }
    return comm_.size();
}

/// Carries out a sequence of steps from `begin` on. The sequences of different ranks need not agree: a rank waits only for messages that its partners
/// send after they have completed earlier steps, so that there is no deadlock. @return the next step
template <int Dim>
template <class Value>
int Remap<Dim>::exchange(int begin, std::span<const Value> source, std::span<Value> target)
{
    const int end = end_of_steps(begin, (1 << 20) / sizeof(Value));
    std::vector<Message<Value>> incoming;
    std::vector<Message<Value>> outgoing;
    const MPI_Datatype type = type_of(Value{});
    for (int step = begin; step < end; ++step) {
        auto& [values, request] = incoming.emplace_back(std::vector<Value>(receives_[sender(step)].count()));
        if (values.empty()) continue;
        check_mpi(MPI_Irecv(values.data(), static_cast<int>(values.size()), type, sender(step), 0, comm_.get(), &request), "MPI_Irecv");
    }
    for (int step = begin; step < end; ++step) {
        auto& [values, request] = outgoing.emplace_back(std::vector<Value>(sends_[receiver(step)].count()));
        if (values.empty()) continue;
        pack(mine_from_, sends_[receiver(step)], source.data(), values.data());
        check_mpi(MPI_Isend(values.data(), static_cast<int>(values.size()), type, receiver(step), 0, comm_.get(), &request), "MPI_Isend");
        ++traffic_.messages;
        traffic_.bytes += static_cast<std::int64_t>(values.size() * sizeof(Value));
    }
    for (auto* messages : {&incoming, &outgoing})
        for (auto& message : *messages) check_mpi(MPI_Wait(&message.request, MPI_STATUS_IGNORE), "MPI_Wait");
    for (int step = begin; step < end; ++step) unpack(mine_to_, receives_[sender(step)], incoming[step - begin].values.data(), target.data());
    return end;
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
