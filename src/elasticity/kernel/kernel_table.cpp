#include <shearwater/elasticity/kernel/kernel_table.hpp>

#include <shearwater/parallel/mpi_error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::int64_t rows_kept(const Grid<Dim>& grid) noexcept
{
    std::int64_t rows = 1;
    for (int axis = 1; axis < Dim; ++axis) rows *= grid.size[axis] / 2 + 1;
    return rows;
}

/// The part of the cell that a node keeps, with room for the continuation of its lines; empty on ranks that keep nothing.
template <int Dim>
Box<Dim> kept_box(const Grid<Dim>& grid, bool keeps) noexcept
{
    Box<Dim> box;
    if (!keeps) return box;
    box.end[0] = grid.size[0] + lane_count;
    for (int axis = 1; axis < Dim; ++axis) box.end[axis] = grid.size[axis] / 2 + 1;
    return box;
}

/// The boxes that all ranks keep: the first rank of each node keeps one for the node. Collective.
template <int Dim>
std::vector<Box<Dim>> kept_boxes(const Communicator& comm, const Communicator& node, const Grid<Dim>& grid)
{
    const std::int32_t keeps = node.is_root() ? 1 : 0;
    std::vector<std::int32_t> all(comm.size());
    check_mpi(MPI_Allgather(&keeps, 1, MPI_INT32_T, all.data(), 1, MPI_INT32_T, comm.get()), "MPI_Allgather");
    std::vector<Box<Dim>> boxes;
    for (const auto rank_keeps : all) boxes.push_back(kept_box(grid, rank_keeps != 0));
    return boxes;
}

}  // namespace

template <int Dim>
KernelTable<Dim>::KernelTable(const Communicator& comm, const std::vector<Box<Dim>>& boxes, SpectralResponse<Dim>& response)
    : grid_(response.fft().grid()),
      row_length_(grid_.size[0] + lane_count),
      component_length_(rows_kept(grid_) * row_length_),
      table_(comm.node(), components * component_length_)
{
    const auto node = comm.node();
    const auto kept = kept_boxes(comm, node, grid_);
    Remap<Dim> collect(comm, boxes, kept);
    for (int a = 0; a < n; ++a)
        for (int b = a; b < n; ++b) {
            const auto lines = table_.values().subspan(component(a, b) * component_length_, node.is_root() ? component_length_ : 0);
            leave_if_due(comm);
            collect.execute(response.around_one_voxel(a, b), lines);
            for (std::size_t row = 0; row < lines.size(); row += row_length_)
                for (int x = grid_.size[0]; x < row_length_; ++x) lines[row + x] = lines[row + x % grid_.size[0]];
        }
    table_.publish(node);
}

template <int Dim>
double KernelTable<Dim>::value(const Index<Dim>& distance, int a, int b) const noexcept
{
    auto at = distance;
    for (int axis = 0; axis < Dim; ++axis) at[axis] = (distance[axis] % grid_.size[axis] + grid_.size[axis]) % grid_.size[axis];
    const double value = place_of(at)[component(a, b) * component_length_];
    return is_negative(at, a, b) ? -value : value;
}

template class KernelTable<2>;
template class KernelTable<3>;

}  // namespace shearwater
