#include <shearwater/fft/distributed_fft.hpp>

#include <algorithm>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

int share(int size, int part, int parts)
{
    return static_cast<int>(static_cast<std::int64_t>(size) * part / parts);
}

/// Boxes of whole lines along `whole`: the other axes are cut, the last of them most (in 3D by the most even pair of factors).
template <int Dim>
std::vector<Box<Dim>> pencils(const Grid<Dim>& grid, int whole, int ranks)
{
    int first = 1;
    if constexpr (Dim == 3)
        for (int f = 1; f * f <= ranks; ++f)
            if (ranks % f == 0) first = f;
    const std::array<int, 2> parts = Dim == 3 ? std::array{first, ranks / first} : std::array{ranks, 1};
    std::vector<Box<Dim>> boxes(ranks);
    for (int rank = 0; rank < ranks; ++rank) {
        int remaining = rank;
        int cut = 0;
        for (int axis = 0; axis < Dim; ++axis) {
            boxes[rank].begin[axis] = 0;
            boxes[rank].end[axis] = grid.size[axis];
            if (axis == whole) continue;
            const int count = parts[cut++];
            boxes[rank].begin[axis] = share(grid.size[axis], remaining % count, count);
            boxes[rank].end[axis] = share(grid.size[axis], remaining % count + 1, count);
            remaining /= count;
        }
    }
    return boxes;
}

template <int Dim>
Grid<Dim> spectral_grid(Grid<Dim> grid)
{
    grid.size[0] = grid.size[0] / 2 + 1;
    return grid;
}

}  // namespace

template <int Dim>
DistributedFft<Dim>::DistributedFft(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes)
    : grid_(grid),
      box_(boxes[comm.rank()]),
      rows_(pencils(grid, 0, comm.size())[comm.rank()]),
      to_rows_(comm, boxes, pencils(grid, 0, comm.size())),
      from_rows_(comm, pencils(grid, 0, comm.size()), boxes),
      real_forward_(LinePlan::Kind::RealForward, grid.size[0]),
      real_backward_(LinePlan::Kind::RealBackward, grid.size[0]),
      real_(rows_.count())
{
    const auto spectral = spectral_grid(grid);
    for (int axis = 0; axis < Dim; ++axis) {
        const auto here = pencils(spectral, axis, comm.size());
        pencils_.push_back(here[comm.rank()]);
        stage_.emplace_back(pencils_.back().count());
        if (axis == 0) continue;
        const auto before = pencils(spectral, axis - 1, comm.size());
        to_next_.emplace_back(comm, before, here);
        to_previous_.emplace_back(comm, here, before);
        forward_.emplace_back(LinePlan::Kind::Forward, grid.size[axis]);
        backward_.emplace_back(LinePlan::Kind::Backward, grid.size[axis]);
    }
}

template <int Dim>
void DistributedFft<Dim>::forward(std::span<const double> field, std::span<std::complex<double>> spectrum)
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(spectrum.size()) == spectral_box().count());
    to_rows_.execute(field, std::span<double>(real_));
    const int n = grid_.size[0];
    const int half = n / 2 + 1;
    for (std::size_t row = 0; row < real_.size() / n; ++row) {
        std::copy_n(real_.data() + row * n, n, real_forward_.real());
        real_forward_.execute();
        std::copy_n(real_forward_.complex(), half, stage_[0].data() + row * half);
    }
    for (int axis = 1; axis < Dim; ++axis) {
        to_next_[axis - 1].execute(std::span<const std::complex<double>>(stage_[axis - 1]), std::span<std::complex<double>>(stage_[axis]));
        transform_lines(axis, forward_[axis - 1], stage_[axis]);
    }
    std::copy(stage_[Dim - 1].begin(), stage_[Dim - 1].end(), spectrum.begin());
}

template <int Dim>
void DistributedFft<Dim>::backward(std::span<std::complex<double>> spectrum, std::span<double> field)
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(spectrum.size()) == spectral_box().count());
    std::copy(spectrum.begin(), spectrum.end(), stage_[Dim - 1].begin());
    for (int axis = Dim - 1; axis > 0; --axis) {
        transform_lines(axis, backward_[axis - 1], stage_[axis]);
        to_previous_[axis - 1].execute(std::span<const std::complex<double>>(stage_[axis]), std::span<std::complex<double>>(stage_[axis - 1]));
    }
    const int n = grid_.size[0];
    const int half = n / 2 + 1;
    const double normalisation = 1.0 / static_cast<double>(grid_.count());
    for (std::size_t row = 0; row < real_.size() / n; ++row) {
        std::copy_n(stage_[0].data() + row * half, half, real_backward_.complex());
        real_backward_.execute();
        std::transform(real_backward_.real(), real_backward_.real() + n, real_.data() + row * n, [=](double value) { return value * normalisation; });
    }
    from_rows_.execute(std::span<const double>(real_), field);
}

/// Transforms all lines along `axis` in place. Lines next to each other in memory are gathered together, for the cache's sake.
template <int Dim>
void DistributedFft<Dim>::transform_lines(int axis, LinePlan& plan, std::vector<std::complex<double>>& values) const
{
    constexpr int batch = 16;
    const auto& box = pencils_[axis];
    if (box.count() == 0) return;
    std::int64_t stride = 1;
    for (int a = 0; a < axis; ++a) stride *= box.extent(a);
    const int n = box.extent(axis);
    const std::int64_t planes = box.count() / (stride * n);
    std::vector<std::complex<double>> lines(static_cast<std::size_t>(batch) * n);
    for (std::int64_t plane = 0; plane < planes; ++plane)
        for (std::int64_t first = 0; first < stride; first += batch) {
            const int count = static_cast<int>(std::min<std::int64_t>(batch, stride - first));
            std::complex<double>* base = values.data() + plane * stride * n + first;
            for (int k = 0; k < n; ++k)
                for (int line = 0; line < count; ++line) lines[line * n + k] = base[k * stride + line];
            for (int line = 0; line < count; ++line) {
                std::copy_n(lines.data() + line * n, n, plan.complex());
                plan.execute();
                std::copy_n(plan.complex(), n, lines.data() + line * n);
            }
            for (int k = 0; k < n; ++k)
                for (int line = 0; line < count; ++line) base[k * stride + line] = lines[line * n + k];
        }
}

template <int Dim>
Traffic DistributedFft<Dim>::traffic() const noexcept
{
    Traffic traffic = to_rows_.traffic();
    traffic += from_rows_.traffic();
    for (const auto& remap : to_next_) traffic += remap.traffic();
    for (const auto& remap : to_previous_) traffic += remap.traffic();
    return traffic;
}

template class DistributedFft<2>;
template class DistributedFft<3>;

}  // namespace shearwater
