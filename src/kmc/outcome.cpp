#include <shearwater/kmc/outcome.hpp>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <type_traits>

#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

static_assert(std::is_trivially_copyable_v<Outcome>, "an outcome is sent as bytes");

bool precedes(const Outcome& a, const Outcome& b) noexcept
{
    const bool a_now = a.kind == Outcome::Kind::Athermal;
    const bool b_now = b.kind == Outcome::Kind::Athermal;
    if (a_now != b_now) return a_now;
    const double a_key = a_now ? a.event.barrier : a.delay;
    const double b_key = b_now ? b.event.barrier : b.delay;
    return std::tuple(a_key, a.kind, a.event.voxel, a.event.mode) < std::tuple(b_key, b.kind, b.event.voxel, b.event.mode);
}

void Outcome::report_broken(std::int64_t voxel, double at) noexcept
{
    if (at > broken_delay) return;
    broken_voxel = at < broken_delay ? voxel : std::max(broken_voxel, voxel);
    broken_delay = at;
}

void merge(Outcome& into, const Outcome& other) noexcept
{
    const bool other_first = precedes(other, into);
    const Outcome& later = other_first ? into : other;
    double runner_up = std::min(into.runner_up, other.runner_up);
    if (later.kind == Outcome::Kind::Athermal) runner_up = std::min(runner_up, later.event.barrier - later.uncertainty);
    if (other_first) {
        into.kind = other.kind;
        into.delay = other.delay;
        into.event = other.event;
        into.uncertainty = other.uncertainty;
    }
    into.runner_up = runner_up;
    into.unstable += other.unstable;
    into.interrupted = into.interrupted || other.interrupted;
    into.report_broken(other.broken_voxel, other.broken_delay);
}

namespace {

void merge_bytes(void* from, void* into, int* count, MPI_Datatype* /*type*/)
{
    for (int i = 0; i < *count; ++i) {
        Outcome a;
        Outcome b;
        std::memcpy(&a, static_cast<const Outcome*>(into) + i, sizeof a);
        std::memcpy(&b, static_cast<const Outcome*>(from) + i, sizeof b);
        merge(a, b);
        std::memcpy(static_cast<Outcome*>(into) + i, &a, sizeof a);
    }
}

}  // namespace

Agreement::Agreement(const Communicator& comm) : comm_(comm)
{
    check_mpi(MPI_Type_contiguous(sizeof(Outcome), MPI_BYTE, &type_), "MPI_Type_contiguous");
    check_mpi(MPI_Type_commit(&type_), "MPI_Type_commit");
    check_mpi(MPI_Op_create(merge_bytes, 1, &operation_), "MPI_Op_create");
}

Agreement::~Agreement()
{
    MPI_Op_free(&operation_);
    MPI_Type_free(&type_);
}

Outcome Agreement::reach(const Outcome& mine)
{
    Outcome all = mine;
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, &all, 1, type_, operation_, comm_.get()), "MPI_Allreduce");
    return all;
}

}  // namespace shearwater
