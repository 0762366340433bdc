#include <shearwater/elasticity/fmm/far_kernel.hpp>

#include <limits>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

/// Distances of one orthant.
template <int Dim>
Box<Dim> orthant(const Grid<Dim>& grid) noexcept
{
    Box<Dim> box;
    for (int axis = 0; axis < Dim; ++axis) box.end[axis] = grid.size[axis] / 2 + 1;
    return box;
}

}  // namespace

template <int Dim>
FarKernel<Dim>::FarKernel(const Communicator& node, const KernelTable<Dim>& kernel)
    : grid_(kernel.grid()), table_(node, orthant(grid_).count() * stride)
{
    const auto box = orthant(grid_);
    SHEARWATER_EXPECTS(entries(grid_) < std::numeric_limits<std::int32_t>::max());
    int step = stride;
    for (int axis = 0; axis < Dim; ++axis) {
        step_[axis] = step;
        step *= box.extent(axis);
    }
    for (std::int64_t i = node.rank(); i < box.count(); i += node.size())
        for (int a = 0, c = 0; a < n; ++a)
            for (int b = a; b < n; ++b, ++c) table_.values()[i * stride + c] = static_cast<float>(kernel.value(box.index(i), a, b));
    table_.publish(node);
}

template <int Dim>
std::int64_t FarKernel<Dim>::entries(const Grid<Dim>& grid) noexcept
{
    return orthant(grid).count() * stride;
}

template class FarKernel<2>;
template class FarKernel<3>;

}  // namespace shearwater
