#include <shearwater/lattice/partition.hpp>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/error.hpp>
#include <shearwater/lattice/blocks.hpp>

namespace shearwater {

namespace {

int tiles_along(int size, int edge)
{
    return (size + edge - 1) / edge;
}

/// All ways to write `ranks` as a product of Dim factors.
template <int Dim>
std::vector<Index<Dim>> factorisations(int ranks)
{
    if constexpr (Dim == 1) {
        return {{ranks}};
    } else {
        std::vector<Index<Dim>> all;
        for (int first = 1; first <= ranks; ++first) {
            if (ranks % first != 0) continue;
            for (const auto& rest : factorisations<Dim - 1>(ranks / first)) {
                Index<Dim> factors{first};
                std::copy(rest.begin(), rest.end(), factors.begin() + 1);
                all.push_back(factors);
            }
        }
        return all;
    }
}

/// Admissible cuts of an axis: 0, the boundaries between units (tiles or blocks), and the size of the axis.
using Units = std::vector<int>;

template <int Dim>
std::array<Units, Dim> tiles_of(const Grid<Dim>& grid)
{
    std::array<Units, Dim> units;
    for (int axis = 0; axis < Dim; ++axis)
        for (int t = 0; t <= tiles_along(grid.size[axis], tile_edge<Dim>[axis]); ++t)
            units[axis].push_back(std::min(grid.size[axis], t * tile_edge<Dim>[axis]));
    return units;
}

/// Whether every box of a process grid has at least one unit along every axis.
template <int Dim>
bool has_units_for(const std::array<Units, Dim>& units, const Index<Dim>& parts)
{
    for (int axis = 0; axis < Dim; ++axis)
        if (parts[axis] >= static_cast<int>(units[axis].size())) return false;
    return true;
}

std::vector<int> cut(const Units& units, int parts)
{
    const auto count = static_cast<std::int64_t>(units.size()) - 1;
    std::vector<int> cuts(parts + 1);
    for (int p = 0; p <= parts; ++p) cuts[p] = units[static_cast<std::size_t>(count * p / parts)];
    return cuts;
}

/// Volume, surface and longest edge of the largest box, which are minimized in this order.
template <int Dim>
std::tuple<std::int64_t, std::int64_t, int> cost(const std::array<std::vector<int>, Dim>& cuts)
{
    std::int64_t volume = 1;
    Index<Dim> widest{};
    for (int axis = 0; axis < Dim; ++axis) {
        for (std::size_t p = 0; p + 1 < cuts[axis].size(); ++p) widest[axis] = std::max(widest[axis], cuts[axis][p + 1] - cuts[axis][p]);
        volume *= widest[axis];
    }
    std::int64_t surface = 0;
    for (int axis = 0; axis < Dim; ++axis)
        if (cuts[axis].size() > 2) surface += volume / widest[axis];
    return {volume, surface, *std::max_element(widest.begin(), widest.end())};
}

/// The cuts of the best process grid (Partition), or empty lists if no process grid has a unit for every rank.
template <int Dim>
std::array<std::vector<int>, Dim> choose_cuts(const std::array<Units, Dim>& units, int ranks)
{
    std::array<std::vector<int>, Dim> best;
    auto lowest = std::tuple{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max(), 0};
    for (const auto& parts : factorisations<Dim>(ranks)) {
        if (!has_units_for<Dim>(units, parts)) continue;
        std::array<std::vector<int>, Dim> cuts;
        for (int axis = 0; axis < Dim; ++axis) cuts[axis] = cut(units[axis], parts[axis]);
        if (cost<Dim>(cuts) >= lowest) continue;
        lowest = cost<Dim>(cuts);
        best = cuts;
    }
    return best;
}

}  // namespace

template <int Dim>
Partition<Dim>::Partition(const Grid<Dim>& grid, int ranks) : grid_(grid), cuts_(choose_cuts<Dim>(tiles_of<Dim>(grid), ranks))
{
    if (!cuts_[0].empty()) return;
    std::int64_t tiles = 1;
    for (int axis = 0; axis < Dim; ++axis) tiles *= tiles_along(grid.size[axis], tile_edge<Dim>[axis]);
    throw InputError(
        fmt::format("lattice.size={}: its {} tiles of {} voxels cannot be shared by {} ranks, as every rank of the process "
                    "grid needs at least one; use fewer ranks or a larger lattice",
                    fmt::join(grid.size, "x"), tiles, fmt::join(tile_edge<Dim>, "x"), ranks));
}

template <int Dim>
Partition<Dim>::Partition(const Blocks<Dim>& blocks, int ranks) : grid_(blocks.grid())
{
    std::array<Units, Dim> units;
    for (int axis = 0; axis < Dim; ++axis) units[axis] = blocks.cuts(axis);
    cuts_ = choose_cuts<Dim>(units, ranks);
    if (cuts_[0].empty())
        throw InputError(
            fmt::format("lattice.size={}: its {} blocks (kmc.block) cannot be shared by {} ranks, as every rank of the process grid needs at least "
                        "one, and gains "
                        "only with one of each colour; use fewer ranks, a larger lattice or smaller blocks",
                        fmt::join(grid_.size, "x"), fmt::join(blocks.parts(), "x"), ranks));
}

template <int Dim>
bool Partition<Dim>::is_possible(const Grid<Dim>& grid, int ranks)
{
    const auto all = factorisations<Dim>(ranks);
    const auto units = tiles_of<Dim>(grid);
    return std::any_of(all.begin(), all.end(), [&](const Index<Dim>& parts) { return has_units_for<Dim>(units, parts); });
}

template <int Dim>
Partition<Dim>::Partition(const Grid<Dim>& grid, std::array<std::vector<int>, Dim> cuts) : grid_(grid), cuts_(std::move(cuts))
{
    for (int axis = 0; axis < Dim; ++axis)
        SHEARWATER_EXPECTS(cuts_[axis].size() > 1 && cuts_[axis].front() == 0 && cuts_[axis].back() == grid.size[axis]);
}

template <int Dim>
int Partition<Dim>::ranks() const noexcept
{
    int product = 1;
    for (const int parts : process_grid()) product *= parts;
    return product;
}

template <int Dim>
Index<Dim> Partition<Dim>::process_grid() const noexcept
{
    Index<Dim> parts{};
    for (int axis = 0; axis < Dim; ++axis) parts[axis] = static_cast<int>(cuts_[axis].size()) - 1;
    return parts;
}

template <int Dim>
Box<Dim> Partition<Dim>::box(int rank) const noexcept
{
    Box<Dim> box;
    for (int axis = 0; axis < Dim; ++axis) {
        const int parts = static_cast<int>(cuts_[axis].size()) - 1;
        box.begin[axis] = cuts_[axis][rank % parts];
        box.end[axis] = cuts_[axis][rank % parts + 1];
        rank /= parts;
    }
    return box;
}

template <int Dim>
int Partition<Dim>::owner(const Index<Dim>& voxel) const noexcept
{
    int rank = 0;
    for (int axis = Dim - 1; axis >= 0; --axis) {
        const auto above = std::upper_bound(cuts_[axis].begin(), cuts_[axis].end(), voxel[axis]);
        rank = rank * (static_cast<int>(cuts_[axis].size()) - 1) + static_cast<int>(above - cuts_[axis].begin()) - 1;
    }
    return rank;
}

template <int Dim>
std::vector<int> Partition<Dim>::widths(int axis) const
{
    std::vector<int> widths;
    for (std::size_t p = 0; p + 1 < cuts_[axis].size(); ++p) widths.push_back(cuts_[axis][p + 1] - cuts_[axis][p]);
    return widths;
}

template <int Dim>
Partition<Dim> Partition<Dim>::refined(int factor) const
{
    auto fine = *this;
    fine.grid_ = grid_.refined(factor);
    for (auto& cuts : fine.cuts_)
        for (int& cut : cuts) cut *= factor;
    return fine;
}

template <int Dim>
std::vector<Box<Dim>> Partition<Dim>::boxes() const
{
    std::vector<Box<Dim>> boxes;
    for (int rank = 0; rank < ranks(); ++rank) boxes.push_back(box(rank));
    return boxes;
}

template class Partition<2>;
template class Partition<3>;

}  // namespace shearwater
