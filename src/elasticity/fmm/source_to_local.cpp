#include <shearwater/elasticity/fmm/source_to_local.hpp>

#include <shearwater/core/clones.hpp>

namespace shearwater {

namespace {

constexpr int order = LocalInterpolation::order;

template <int Dim>
SHEARWATER_INLINE void add_inline(const FarKernel<Dim>& kernel, const CellPlaces<Dim>& places, const double* strain, double* values) noexcept
{
    constexpr int nodes = node_count<Dim>;
    for (int line = 0; line < nodes / order; ++line) {
        std::int64_t offset = 0;
        double signs[Dim] = {};
        for (int axis = 1, rest = line; axis < Dim; ++axis, rest /= order) {
            offset += places[axis]->offset[rest % order];
            signs[axis] = places[axis]->reflection[rest % order];
        }
        kernel.add_on_line(offset, signs, places[0]->offset.data(), places[0]->reflection.data(), strain, values + line * order, nodes);
    }
}

SHEARWATER_CLONES void add_2d(const FarKernel<2>& kernel, const CellPlaces<2>& places, const double* strain, double* values)
{
    add_inline<2>(kernel, places, strain, values);
}

SHEARWATER_CLONES void add_3d(const FarKernel<3>& kernel, const CellPlaces<3>& places, const double* strain, double* values)
{
    add_inline<3>(kernel, places, strain, values);
}

}  // namespace

template <int Dim>
SourceToLocal<Dim>::SourceToLocal(const Communicator& node, const KernelTable<Dim>& kernel, int levels) : grid_(kernel.grid()), kernel_(node, kernel)
{
    for (int level = 0; level < levels; ++level) interpolation_.emplace_back(CellTree<Dim>::edge(level));
}

template <int Dim>
NodePlaces SourceToLocal<Dim>::places(int level, int axis, int cell, int source) const noexcept
{
    const int size = grid_.size[axis];
    NodePlaces places;
    for (int k = 0; k < order; ++k) {
        int distance = cell * CellTree<Dim>::edge(level) - source + interpolation_[level].nodes()[k];
        if (distance < 0) distance += size;
        const auto place = kernel_.place(axis, distance < size ? distance : distance % size);
        places.offset[k] = place.offset;
        places.reflection[k] = place.reflection;
    }
    return places;
}

template <int Dim>
void SourceToLocal<Dim>::add(const CellPlaces<Dim>& places, const double* strain, LocalExpansion<Dim>& expansion) const noexcept
{
    if constexpr (Dim == 2)
        add_2d(kernel_, places, strain, expansion.data());
    else
        add_3d(kernel_, places, strain, expansion.data());
}

template <int Dim>
void SourceToLocal<Dim>::prefetch(const CellPlaces<Dim>& places, const LocalExpansion<Dim>& expansion, std::size_t part) const noexcept
{
    constexpr int nodes = node_count<Dim> / static_cast<int>(parts);
    constexpr int numbers = deviator_size<Dim> * nodes;
    const double* target = expansion.data() + part * numbers;
    for (int i = 0; i < numbers; i += 64 / sizeof(double)) __builtin_prefetch(target + i, 1);
    constexpr int lines = nodes / order;
    const int first = static_cast<int>(part) * lines;
    for (int line = first; line < first + lines; ++line) {
        std::int64_t offset = 0;
        for (int axis = 1, rest = line; axis < Dim; ++axis, rest /= order) offset += places[axis]->offset[rest % order];
        kernel_.prefetch_line(offset, places[0]->offset.data());
    }
}

template class SourceToLocal<2>;
template class SourceToLocal<3>;

}  // namespace shearwater
