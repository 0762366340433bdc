#include <shearwater/elasticity/solve/stress_check.hpp>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

namespace {

/// Sizes to which an axis can be folded, including its own.
std::vector<int> folded_sizes(int size, int edge)
{
    std::vector<int> sizes{size};
    for (int folded = edge; folded < size; ++folded)
        if (size % folded == 0) sizes.push_back(folded);
    return sizes;
}

/// All cells to which a cell can be folded, including itself.
template <int Dim>
std::vector<Grid<Dim>> folded_grids(const Grid<Dim>& grid, int edge)
{
    std::vector<Grid<Dim>> grids{grid};
    for (int axis = 0; axis < Dim; ++axis) {
        std::vector<Grid<Dim>> next;
        for (const auto& part : grids)
            for (const int size : folded_sizes(grid.size[axis], edge)) {
                next.push_back(part);
                next.back().size[axis] = size;
            }
        grids = std::move(next);
    }
    return grids;
}

}  // namespace

template <int Dim>
Partition<Dim> checked_partition(const Partition<Dim>& partition, int elements, const StressCheckLimits& limits)
{
    const auto mesh_size = [&](const Grid<Dim>& grid) { return grid.refined(elements).count(); };
    if (mesh_size(partition.grid()) <= limits.full_elements) return partition;
    // The best cell is the largest within the limit; if there is none, the smallest beyond it; of equal ones the least elongated.
    const auto rank = [&](const Grid<Dim>& grid) {
        const auto size = mesh_size(grid);
        const bool fits = size <= limits.folded_elements;
        return std::tuple(fits, fits ? size : -size, -std::accumulate(grid.size.begin(), grid.size.end(), 0));
    };
    Grid<Dim> best = partition.grid();
    for (const auto& grid : folded_grids(partition.grid(), limits.edge))
        if (Partition<Dim>::is_possible(grid, partition.ranks()) && rank(grid) > rank(best)) best = grid;
    return mesh_size(best) <= limits.full_elements ? Partition<Dim>(best, partition.ranks()) : partition;
}

template <int Dim>
StressCheck<Dim>::StressCheck(const Communicator& comm, const Partition<Dim>& partition, ElasticSolver<Dim>& solver)
    : StressCheck(comm, partition, solver.partition(), [&solver](const auto& eigenstrain) { return solver.accurate_stress(eigenstrain); })
{
}

template <int Dim>
StressCheck<Dim>::StressCheck(const Communicator& comm, const Partition<Dim>& partition, TransformSolver<Dim>& solver)
    : StressCheck(comm, partition, solver.partition(), [&solver](const auto& eigenstrain) { return solver.accurate_stress(eigenstrain); })
{
}

template <int Dim>
StressCheck<Dim>::StressCheck(const Communicator& comm, const Partition<Dim>& partition, const Partition<Dim>& solved, Solve solve)
    : comm_(comm),
      box_(partition.box(comm.rank())),
      folded_box_(solved.box(comm.rank())),
      folded_grid_(solved.grid()),
      folds_(partition.boxes() != solved.boxes()),
      solve_(std::move(solve))
{
    for (int axis = 0; axis < Dim; ++axis) SHEARWATER_EXPECTS(partition.grid().size[axis] % folded_grid_.size[axis] == 0);
}

/// Place of a voxel of this rank's box in the folded cell; in the box if the cell is not folded.
template <int Dim>
std::int64_t StressCheck<Dim>::folded_place(std::int64_t voxel) const noexcept
{
    if (!folds_) return voxel;
    auto index = box_.index(voxel);
    for (int axis = 0; axis < Dim; ++axis) index[axis] %= folded_grid_.size[axis];
    return folded_grid_.id(index);
}

/// Adds up the contributions of all ranks to the folded cell, which is small, and returns this rank's box of it. Collective.
template <int Dim>
std::vector<double> StressCheck<Dim>::sum_over_ranks(std::vector<double> cell) const
{
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, cell.data(), static_cast<int>(cell.size()), MPI_DOUBLE, MPI_SUM, comm_.get()), "MPI_Allreduce");
    std::vector<double> mine(folded_box_.count());
    for (std::size_t voxel = 0; voxel < mine.size(); ++voxel) mine[voxel] = cell[folded_grid_.id(folded_box_.index(voxel))];
    return mine;
}

/// Sums over all translates of value(row, voxel of this rank's box), for this rank's box of the folded cell. Collective.
template <int Dim>
template <class Value>
Fields StressCheck<Dim>::folded(std::size_t rows, Value&& value) const
{
    Fields sums;
    for (std::size_t row = 0; row < rows; ++row) {
        std::vector<double> sum(folds_ ? folded_grid_.count() : box_.count());
        for (std::int64_t voxel = 0; voxel < box_.count(); ++voxel) sum[folded_place(voxel)] += value(row, voxel);
        sums.push_back(folds_ ? sum_over_ranks(std::move(sum)) : std::move(sum));
    }
    return sums;
}

template <int Dim>
double StressCheck<Dim>::folded_deviation(const Fields& stress, const Fields& eigenstrain)
{
    return largest_difference(comm_, stress, fields<Dim>(solve_(tensors<Dim>(eigenstrain))));
}

template <int Dim>
double StressCheck<Dim>::deviation(const Fields& stress, const FieldFunction& eigenstrain)
{
    const auto sums = folded(stress.size(), [&](std::size_t row, std::int64_t voxel) { return stress[row][voxel]; });
    const auto sources = folded(deviator_size<Dim>, [&](std::size_t row, std::int64_t voxel) { return eigenstrain(static_cast<int>(row), voxel); });
    return folded_deviation(sums, sources);
}

template <int Dim>
double StressCheck<Dim>::deviation(const Fields& stress, const Fields& eigenstrain)
{
    return deviation(stress, [&](int a, std::int64_t voxel) { return eigenstrain[a][voxel]; });
}

template <int Dim>
double StressCheck<Dim>::kernel_deviation(const KernelTable<Dim>& kernel)
{
    constexpr int n = deviator_size<Dim>;
    const Index<Dim> source{};
    double largest = 0.0;
    for (int b = 0; b < n; ++b) {
        Fields eigenstrain(n, std::vector<double>(folded_box_.count()));
        if (folded_box_.contains(source)) eigenstrain[b][folded_box_.local(source)] = 1.0;
        const auto tabulated = folded(n, [&](std::size_t a, std::int64_t voxel) { return kernel.value(box_.index(voxel), static_cast<int>(a), b); });
        largest = std::max(largest, folded_deviation(tabulated, eigenstrain));
    }
    return largest;
}

template Partition<2> checked_partition<2>(const Partition<2>&, int, const StressCheckLimits&);
template Partition<3> checked_partition<3>(const Partition<3>&, int, const StressCheckLimits&);
template class StressCheck<2>;
template class StressCheck<3>;

}  // namespace shearwater
