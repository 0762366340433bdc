#include <shearwater/lattice/halo.hpp>

#include <algorithm>
#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

namespace {

/// Largest number of boxes along an axis that an item must cross to reach all boxes within the radius.
int hops_along(const std::vector<int>& widths, int radius)
{
    const int parts = static_cast<int>(widths.size());
    int most = 0;
    for (int p = 0; p < parts; ++p) {
        int hops = 1;
        for (int passed = widths[(p + 1) % parts]; hops < parts - 1 && passed + 1 <= radius; ++hops) passed += widths[(p + hops + 1) % parts];
        most = std::max(most, hops);
    }
    return most;
}

}  // namespace

template <int Dim>
HaloPlan<Dim>::HaloPlan(const Partition<Dim>& partition, int rank, int radius) : grid_(partition.grid()), box_(partition.box(rank)), radius_(radius)
{
    SHEARWATER_EXPECTS(radius > 0);
    const Grid<Dim> processes{partition.process_grid()};
    const auto here = processes.index(rank);
    for (int axis = 0; axis < Dim; ++axis) {
        const int parts = processes.size[axis];
        if (parts == 1) continue;
        const int hops = hops_along(partition.widths(axis), radius);
        for (const int direction : {1, -1})
            for (int hop = 0; hop < hops; ++hop) {
                auto next = here;
                auto previous = here;
                next[axis] = (here[axis] + direction + parts) % parts;
                previous[axis] = (here[axis] - direction + parts) % parts;
                const int to = static_cast<int>(processes.id(next));
                const auto box = partition.box(to);
                stages_.push_back(
                    {axis, direction, hop > 0, to, static_cast<int>(processes.id(previous)), direction > 0 ? box.begin[axis] : box.end[axis] - 1});
            }
    }
}

template <int Dim>
bool HaloPlan<Dim>::hands_on() const noexcept
{
    return std::any_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.forwards; });
}

template <int Dim>
int HaloPlan<Dim>::axes() const noexcept
{
    int axes = 0;
    for (std::size_t s = 0; s < stages_.size(); ++s) axes += s == 0 || stages_[s].axis != stages_[s - 1].axis ? 1 : 0;
    return axes;
}

template <int Dim>
bool HaloPlan<Dim>::is_wanted(const Stage& stage, const Index<Dim>& voxel) const noexcept
{
    const int size = grid_.size[stage.axis];
    int ahead = stage.direction * (stage.begin - voxel[stage.axis]);
    if (ahead < 0) ahead += size;
    return ahead > 0 && ahead <= radius_;
}

template <int Dim>
typename HaloExchange<Dim>::Sent HaloExchange<Dim>::send(std::size_t stage, std::vector<std::byte> bytes)
{
    Sent sent{stage, Message<std::byte>(std::move(bytes))};
    auto& [values, request] = sent.message;
    check_mpi(
        MPI_Isend(values.data(), static_cast<int>(values.size()), MPI_BYTE, plan_.stages()[stage].to, static_cast<int>(stage), comm_.get(), &request),
        "MPI_Isend");
    ++traffic_.messages;
    traffic_.bytes += static_cast<std::int64_t>(values.size());
    return sent;
}

template <int Dim>
std::vector<std::byte> HaloExchange<Dim>::receive(Sent& sent)
{
    const double start = MPI_Wtime();
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    check_mpi(MPI_Mprobe(plan_.stages()[sent.stage].from, static_cast<int>(sent.stage), comm_.get(), &message, &status), "MPI_Mprobe");
    int count = 0;
    check_mpi(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
    std::vector<std::byte> received(static_cast<std::size_t>(count));
    check_mpi(MPI_Mrecv(received.data(), count, MPI_BYTE, &message, MPI_STATUS_IGNORE), "MPI_Mrecv");
    check_mpi(MPI_Wait(&sent.message.request, MPI_STATUS_IGNORE), "MPI_Wait");
    traffic_.seconds += MPI_Wtime() - start;
    return received;
}

template class HaloPlan<2>;
template class HaloPlan<3>;
template class HaloExchange<2>;
template class HaloExchange<3>;

}  // namespace shearwater
