#include <shearwater/elasticity/fmm/far_field.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
FarField<Dim>::FarField(const Communicator& node, const KernelTable<Dim>& kernel, const Box<Dim>& box, double threshold, Separation separation)
    : bounds_(kernel, separation),
      expansions_(
          bounds_.are_useful() ? CellTree<Dim>(kernel.grid(), box, separation) : CellTree<Dim>::of_near_leaves(kernel.grid(), box, separation),
          bounds_.are_useful() ? threshold : 0.0)
{
    if (bounds_.are_useful()) translation_.emplace(node, kernel, levels());
}

template <int Dim>
void FarField<Dim>::find_interactions(const Index<Dim>& source, int below, FarSource<Dim>& interactions) const
{
    auto& lists = interactions.lists_;
    lists.find(tree(), source, below);
    interactions.prefetched_ = 0;
    if (!is_useful()) return;
    interactions.places_.resize(static_cast<std::size_t>(levels()));
    for (int level = lists.levels() - 1; level >= 0; --level)
        for (int axis = 0; axis < Dim; ++axis) {
            auto& places = interactions.places_[level][axis];
            places.clear();
            for (const auto& column : lists.columns(level, axis)) places.push_back(translation_->places(level, axis, column.cell, source[axis]));
        }
}

template <int Dim>
void FarField<Dim>::prefetch_next(FarSource<Dim>& interactions) const noexcept
{
    constexpr std::size_t parts = SourceToLocal<Dim>::parts;
    const auto& cells = interactions.lists_.far_cells();
    if (interactions.prefetched_ == parts * cells.size()) return;
    const auto& far = cells[interactions.prefetched_ / parts];
    const std::size_t part = interactions.prefetched_++ % parts;
    translation_->prefetch(interactions.places(far), expansions_.expansion(far.level, interactions.lists_.cell_of(far)), part);
}

template <int Dim>
void FarField<Dim>::add(FarSource<Dim>& interactions, const double* strain)
{
    const auto& lists = interactions.lists_;
    const auto& cells = lists.far_cells();
    Deviator<Dim> coefficients{};
    std::copy_n(strain, coefficients.size(), coefficients.begin());
    const double norm = std::sqrt(dot(coefficients, coefficients));
    constexpr std::size_t parts = SourceToLocal<Dim>::parts;
    constexpr std::size_t ahead = 3;  // parts
    for (std::size_t i = 0; i < cells.size(); ++i) {
        while (interactions.prefetched_ < std::min(parts * i + ahead, parts * cells.size())) prefetch_next(interactions);
        const auto cell = lists.cell_of(cells[i]);
        const auto& [level, column, distance] = cells[i];
        translation_->add(interactions.places(cells[i]), coefficients.data(), expansions_.expansion(level, cell));
        expansions_.count(level, cell, norm * bounds_.reach(distance), norm * bounds_.local_remainder(level, distance));
    }
    // Only now, so that what is passed down to a cell meets what the event itself has brought there.
    for (const auto& far : cells) expansions_.pass_down_if_large(far.level, lists.cell_of(far));
}

template <int Dim>
std::int64_t FarField<Dim>::add_multipoles(const MultipoleExpansions<Dim>& multipoles)
{
    SHEARWATER_EXPECTS(tree().separation() == Separation::CellToCell);
    if (!is_useful()) return 0;
    std::int64_t translations = 0;
    for (int level = multipoles.first_level(); level < levels(); ++level) {
        tree().for_each_source_cell(level, [&](const Index<Dim>& cell) { translations += add_multipole(multipoles, level, cell); });
        const auto& cells = tree().cells(level);
        for (std::int64_t cell = 0; cell < cells.count(); ++cell) expansions_.pass_down_if_large(level, cells.index(cell));
    }
    return translations;
}

/// Adds the multipole expansion of one cell.
template <int Dim>
std::int64_t FarField<Dim>::add_multipole(const MultipoleExpansions<Dim>& multipoles, int level, const Index<Dim>& cell)
{
    const auto source_cell = multipoles.cells(level).id(cell);
    const double norm = multipoles.norm(level, source_cell);
    if (!(norm > 0.0)) return 0;
    const auto targets = tree().interaction_list(level, cell);
    if (targets.empty()) return 0;
    const auto& here = tree().cells(level);
    const auto& nodes = multipoles.interpolation(level).nodes();
    std::array<std::vector<NodePlaces>, Dim> columns;
    for (int node = 0; node < MultipoleExpansions<Dim>::nodes; ++node) {
        for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= MultipoleExpansions<Dim>::order) {
            // A node of a last cell that is cut short may lie beyond the end of the axis, which is the beginning.
            const int source = (cell[axis] * tree().edge(level) + nodes[rest % MultipoleExpansions<Dim>::order]) % tree().grid().size[axis];
            columns[axis].clear();
            for (int at = here.begin[axis]; at < here.end[axis]; ++at) columns[axis].push_back(translation_->places(level, axis, at, source));
        }
        const auto strain = multipoles.strain(level, source_cell, node);
        for (const auto& target : targets) {
            CellPlaces<Dim> places{};
            for (int axis = 0; axis < Dim; ++axis) places[axis] = &columns[axis][target.cell[axis] - here.begin[axis]];
            translation_->add(places, strain.data(), expansions_.expansion(level, target.cell));
        }
    }
    for (const auto& target : targets)
        expansions_.count(level, target.cell, norm * bounds_.reach(target.distance), norm * bounds_.multipole_remainder(level, target.distance));
    return static_cast<std::int64_t>(targets.size()) * MultipoleExpansions<Dim>::nodes;
}

template class FarField<2>;
template class FarField<3>;

}  // namespace shearwater
