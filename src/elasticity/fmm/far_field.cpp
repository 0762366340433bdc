#include <shearwater/elasticity/fmm/far_field.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/clones.hpp>

namespace shearwater {

namespace {

/// Adds the stress of an event at the nodes of a cell. @param columns  per axis
template <int Dim>
SHEARWATER_INLINE void add_lines(const FarKernel<Dim>& kernel, const typename FarField<Dim>::Column* const* columns, const double* strain,
                                 double* values) noexcept
{
    constexpr int order = FarField<Dim>::order;
    constexpr int nodes = FarField<Dim>::nodes;
    for (int line = 0; line < nodes / order; ++line) {
        std::int64_t offset = 0;
        double signs[Dim] = {};
        for (int axis = 1, rest = line; axis < Dim; ++axis, rest /= order) {
            offset += columns[axis]->offset[rest % order];
            signs[axis] = columns[axis]->reflection[rest % order];
        }
        kernel.add_on_line(offset, signs, columns[0]->offset.data(), columns[0]->reflection.data(), strain, values + line * order, nodes);
    }
}

SHEARWATER_CLONES void add_lines_2d(const FarKernel<2>& kernel, const FarField<2>::Column* const* columns, const double* strain, double* values)
{
    add_lines<2>(kernel, columns, strain, values);
}

SHEARWATER_CLONES void add_lines_3d(const FarKernel<3>& kernel, const FarField<3>::Column* const* columns, const double* strain, double* values)
{
    add_lines<3>(kernel, columns, strain, values);
}

SHEARWATER_CLONES void add_stress_2d(const FarField<2>& field, int leaf, const Index<2>& first, Lanes* stress)
{
    field.add_stress_inline(leaf, first, stress);
}

SHEARWATER_CLONES void add_stress_3d(const FarField<3>& field, int leaf, const Index<3>& first, Lanes* stress)
{
    field.add_stress_inline(leaf, first, stress);
}

}  // namespace

template <int Dim>
int FarField<Dim>::leaf_of(const Index<Dim>& voxel) const noexcept
{
    Index<Dim> leaf{};
    for (int axis = 0; axis < Dim; ++axis) leaf[axis] = voxel[axis] / leaf_edge;
    return static_cast<int>(leaves().local(leaf));
}

template <int Dim>
double FarField<Dim>::reach(const Index<Dim>& source, const Index<Dim>& first, const Index<Dim>& edge) const noexcept
{
    double squared = 0.0;
    for (int axis = 0; axis < Dim; ++axis) {
        const int along = distance_to_run(source[axis], first[axis], edge[axis], grid_.size[axis]);
        squared += static_cast<double>(along) * along;
    }
    return reach_[static_cast<std::size_t>(std::sqrt(squared))];
}

template <int Dim>
bool FarField<Dim>::is_near(const Index<Dim>& source, const Index<Dim>& leaf) const noexcept
{
    if (!is_useful_) return true;
    for (int axis = 0; axis < Dim; ++axis) {
        const bool is_near = from_ == FarFrom::Voxel ? distance_to_run(source[axis], leaf[axis] * leaf_edge, leaf_edge, grid_.size[axis]) < leaf_edge
                                                     : are_near_cells(source[axis] / leaf_edge, leaf[axis], leaf_edge, grid_.size[axis]);
        if (!is_near) return false;
    }
    return true;
}

template <int Dim>
int FarField<Dim>::near_radius(const Grid<Dim>& grid, FarFrom from) noexcept
{
    // The last cell of an axis may be short, and then those on its other side are near as well.
    const bool has_short_cells = std::any_of(grid.size.begin(), grid.size.end(), [](int size) { return size % leaf_edge != 0; });
    return (from == FarFrom::Cell && has_short_cells ? 3 : 2) * leaf_edge;
}

template <int Dim>
double FarField<Dim>::remainder_of_unit(int level, int distance) const noexcept
{
    return levels_[level].remainder[static_cast<std::size_t>(distance - (leaf_edge << level))];
}

/// The largest value of a polynomial in a cell over its largest at the nodes, at most.
template <int Dim>
double FarField<Dim>::amplification(int level) const noexcept
{
    double product = 1.0;
    for (int axis = 0; axis < Dim; ++axis) product *= levels_[level].interpolation.lebesgue();
    return product;
}

template <int Dim>
double FarField<Dim>::remainder_of_moment(int level, int distance) const noexcept
{
    const auto place = static_cast<std::size_t>(distance - (leaf_edge << level));
    return levels_[level].remainder[place] + amplification(level) * levels_[level].moment_remainder[place];
}

template <int Dim>
void FarField<Dim>::add(const Index<Dim>& source, const double* strain)
{
    set_source(source);
    add(strain);
}

template <int Dim>
void FarField<Dim>::set_source(const Index<Dim>& source, int below)
{
    near_.clear();
    deposits_.clear();
    asked_ = 0;
    source_ = source;
    const int highest = std::min(below, levels() - 1);
    for (int level = highest; level >= 0; --level) {
        find_columns(level, level < highest);
        if (level < below) find_deposits(level);
    }
}

template <int Dim>
bool FarField<Dim>::is_near_on_axis(int level, const Column& column) const noexcept
{
    return !is_useful_ || column.apart < leaf_edge << level;
}

/// Finds out where the nodes of a column lie in the far kernel.
template <int Dim>
void FarField<Dim>::find_places(int level, int axis, Column& column) const noexcept
{
    const int size = grid_.size[axis];
    for (int k = 0; k < order; ++k) {
        int apart = column.cell * (leaf_edge << level) - source_[axis] + levels_[level].interpolation.nodes()[k];
        if (apart < 0) apart += size;
        const auto place = far_kernel_->place(axis, apart < size ? apart : apart % size);
        column.offset[k] = place.offset;
        column.reflection[k] = place.reflection;
    }
}

/// A cell at one place along an axis, as the event sees it.
template <int Dim>
typename FarField<Dim>::Column FarField<Dim>::column(int level, int axis, int cell) const noexcept
{
    const int edge = leaf_edge << level;
    Column column;
    column.cell = cell;
    column.distance = distance_to_run(source_[axis], cell * edge, edge, grid_.size[axis]);
    column.apart = from_ == FarFrom::Voxel ? column.distance : distance_of_runs(source_[axis] / edge * edge, cell * edge, edge, grid_.size[axis]);
    if (is_useful_) find_places(level, axis, column);
    return column;
}

/// Finds the columns that the event visits: all of the highest level, further down the parts of those that are near on their axis.
template <int Dim>
void FarField<Dim>::find_columns(int level, bool has_above)
{
    const auto& here = levels_[level];
    for (int axis = 0; axis < Dim; ++axis) {
        auto& columns = columns_[level][axis];
        columns.clear();
        const auto visit = [&](int cell) {
            if (cell >= here.cells.begin[axis] && cell < here.cells.end[axis]) columns.push_back(column(level, axis, cell));
        };
        if (!has_above) {
            for (int cell = here.cells.begin[axis]; cell < here.cells.end[axis]; ++cell) visit(cell);
            continue;
        }
        for (const Column& above : columns_[level + 1][axis])
            if (is_near_on_axis(level + 1, above))
                for (int half = 0; half < 2; ++half) visit(2 * above.cell + half);
    }
}

/// Finds the cells of a level that take in the event, and the leaves that are near to it.
template <int Dim>
void FarField<Dim>::find_deposits(int level)
{
    Box<Dim> visited;
    for (int axis = 0; axis < Dim; ++axis) visited.end[axis] = static_cast<int>(columns_[level][axis].size());
    Deposit deposit{level, {}, 0};
    Index<Dim> cell{};
    for (std::int64_t i = 0; i < visited.count(); ++i) {
        const auto place = visited.index(i);
        bool is_near = true;
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            const Column& column = columns_[level][axis][place[axis]];
            deposit.column[axis] = static_cast<std::int16_t>(place[axis]);
            cell[axis] = column.cell;
            is_near = is_near && is_near_on_axis(level, column);
            squared += static_cast<double>(column.distance) * column.distance;
        }
        deposit.distance = static_cast<int>(std::sqrt(squared));
        if (!is_near)
            deposits_.push_back(deposit);
        else if (level == 0)
            near_.push_back(static_cast<int>(leaves().local(cell)));
    }
}

template <int Dim>
Index<Dim> FarField<Dim>::cell_of(const Deposit& deposit) const noexcept
{
    Index<Dim> cell{};
    for (int axis = 0; axis < Dim; ++axis) cell[axis] = columns_[deposit.level][axis][deposit.column[axis]].cell;
    return cell;
}

template <int Dim>
void FarField<Dim>::add(const double* strain)
{
    std::copy_n(strain, n, strain_.begin());
    strain_norm_ = std::sqrt(dot(strain_, strain_));
    // The table is read at scattered places: what the next cells need is asked for in advance.
    constexpr std::size_t parts = nodes / nodes_asked;  // of a deposit
    constexpr std::size_t ahead = 3;
    for (std::size_t i = 0; i < deposits_.size(); ++i) {
        while (asked_ < std::min(parts * i + ahead, parts * deposits_.size())) ask_ahead();
        deposit(deposits_[i]);
    }
    // Only now, so that what is passed on to a cell meets what the event itself brought there.
    for (const Deposit& deposit : deposits_) pass_on_if_large(deposit.level, cell_of(deposit));
}

template <int Dim>
template <class Visit>
void FarField<Dim>::for_each_part(int level, const Index<Dim>& cell, Visit&& visit) const
{
    for (int halves = 0; halves < 1 << Dim; ++halves) {
        auto part = cell;
        for (int axis = 0; axis < Dim; ++axis) part[axis] = 2 * part[axis] + (halves >> axis & 1);
        if (levels_[level - 1].cells.contains(part)) visit(part, halves);
    }
}

template <int Dim>
void FarField<Dim>::ask_ahead() noexcept
{
    constexpr std::size_t parts = nodes / nodes_asked;
    if (asked_ == parts * deposits_.size()) return;
    const Deposit& deposit = deposits_[asked_ / parts];
    const int part = static_cast<int>(asked_++ % parts);
    const auto& columns = columns_[deposit.level];
    const auto& along = columns[0][deposit.column[0]].offset;
    const auto& here = levels_[deposit.level];
    const double* target = here.cell[here.cells.local(cell_of(deposit))].values.data() + part * n * nodes_asked;
    for (int i = 0; i < n * nodes_asked; i += 64 / sizeof(double)) __builtin_prefetch(target + i, 1);
    constexpr int lines = nodes_asked / order;
    for (int line = part * lines; line < (part + 1) * lines; ++line) {
        std::int64_t offset = 0;
        for (int axis = 1, rest = line; axis < Dim; ++axis, rest /= order) offset += columns[axis][deposit.column[axis]].offset[rest % order];
        far_kernel_->prefetch_line(offset, along.data());
    }
}

/// Adds the stress of the event at the nodes of a cell.
template <int Dim>
void FarField<Dim>::deposit(const Deposit& deposit)
{
    add_values(deposit, strain_.data());
    account(deposit, strain_norm_, strain_norm_ * remainder_of_unit(deposit.level, deposit.distance));
}

template <int Dim>
void FarField<Dim>::add_values(const Deposit& deposit, const double* strain)
{
    auto& here = levels_[deposit.level];
    auto& target = here.cell[here.cells.local(cell_of(deposit))];
    std::array<const Column*, Dim> columns{};
    for (int axis = 0; axis < Dim; ++axis) columns[axis] = &columns_[deposit.level][axis][deposit.column[axis]];
    if constexpr (Dim == 2)
        add_lines_2d(*far_kernel_, columns.data(), strain, target.values.data());
    else
        add_lines_3d(*far_kernel_, columns.data(), strain, target.values.data());
}

/// Counts what a cell has taken in. @param norm  of the strains
template <int Dim>
void FarField<Dim>::account(const Deposit& deposit, double norm, double remainder)
{
    auto& here = levels_[deposit.level];
    auto& target = here.cell[here.cells.local(cell_of(deposit))];
    target.remainder += remainder;
    target.bound += norm * reach_[deposit.distance] + 2.0 * remainder;
}

/// The largest norm that a polynomial can have in its cell: that of its mean over the nodes, and Λ^Dim times what nodes differ from it.
template <int Dim>
double FarField<Dim>::largest(int level, const Values& values) const noexcept
{
    const auto [mean_squared, deviation] = spread(values);
    return std::sqrt(mean_squared) + amplification(level) * std::sqrt(deviation);
}

template <int Dim>
void FarField<Dim>::pass_on_if_large(int level, const Index<Dim>& cell)
{
    auto& here = levels_[level];
    auto& content = here.cell[here.cells.local(cell)];
    if (content.bound <= here.threshold) return;
    content.bound = largest(level, content.values) + content.remainder;
    // Written so that NaN is passed on, to where it will be noticed.
    if (!(content.bound <= here.threshold)) pass_on(level, cell);
}

/// Moves what a cell holds to its parts, or what a leaf holds to its voxels.
template <int Dim>
void FarField<Dim>::pass_on(int level, const Index<Dim>& cell)
{
    auto& here = levels_[level];
    auto& content = here.cell[here.cells.local(cell)];
    if (level == 0) {
        const auto leaf = leaves().local(cell);
        moved_[leaf] += content.bound;
        for (std::size_t i = 0; i < content.values.size(); ++i) settled_[leaf].values[i] += content.values[i];
        settled_[leaf].remainder += content.remainder;
        grown_.push_back(static_cast<int>(leaf));
    } else {
        for_each_part(level, cell, [&](const Index<Dim>& part, int halves) {
            auto& below = levels_[level - 1].cell[levels_[level - 1].cells.local(part)];
            std::array<const NodeMatrix*, Dim> matrices{};
            for (int axis = 0; axis < Dim; ++axis) matrices[axis] = &here.part[halves >> axis & 1];
            add_part(matrices, content.values, below.values);
            below.remainder += content.remainder;
            below.bound += content.bound;
            pass_on_if_large(level - 1, part);
        });
    }
    content = Cell{};
}

template <int Dim>
double FarField<Dim>::remainder(int leaf) const noexcept
{
    double sum = settled_[leaf].remainder;
    auto cell = leaves().index(leaf);
    for (const auto& level : levels_) {
        sum += level.cell[level.cells.local(cell)].remainder;
        for (int& index : cell) index /= 2;
    }
    return sum;
}

template <>
void FarField<2>::add_stress(int leaf, const Index<2>& first, Lanes* stress) const noexcept
{
    if (is_useful_) add_stress_2d(*this, leaf, first, stress);
}

template <>
void FarField<3>::add_stress(int leaf, const Index<3>& first, Lanes* stress) const noexcept
{
    if (is_useful_) add_stress_3d(*this, leaf, first, stress);
}

template <int Dim>
void FarField<Dim>::prefetch(int leaf) const noexcept
{
    // Cells of higher levels are few, and at hand.
    constexpr std::size_t line = 64 / sizeof(double);
    for (std::size_t i = 0; i < std::size_t{n} * nodes; i += line) {
        __builtin_prefetch(settled_[leaf].values.data() + i);
        __builtin_prefetch(levels_.front().cell[leaf].values.data() + i);
    }
}

template <int Dim>
void FarField<Dim>::clear()
{
    for (auto& level : levels_) std::fill(level.cell.begin(), level.cell.end(), Cell{});
    std::fill(settled_.begin(), settled_.end(), Cell{});
    grown_.clear();
}

template class FarField<2>;
template class FarField<3>;

}  // namespace shearwater
