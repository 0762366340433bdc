#include <shearwater/fft/distributed_fft.hpp>

#include <algorithm>
#include <utility>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

int share(int size, int part, int parts)
{
    return static_cast<int>(static_cast<std::int64_t>(size) * part / parts);
}

/// Boxes of all ranks with whole lines along the axis `whole`. The other axes are cut; in 3D the number of ranks is split into the most even pair of
/// factors, the larger of which cuts the last of these axes.
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

/// Boxes of rows of reals, padded to the size of their spectra by at most two reals.
template <int Dim>
std::vector<Box<Dim>> widened(std::vector<Box<Dim>> rows, const Grid<Dim>& grid)
{
    for (auto& box : rows) box.end[0] = 2 * spectral_grid(grid).size[0];
    return rows;
}

std::span<double> as_reals(std::span<std::complex<double>> values)
{
    return {reinterpret_cast<double*>(values.data()), 2 * values.size()};
}

}  // namespace

template <int Dim>
DistributedFft<Dim>::DistributedFft(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes)
    : grid_(grid),
      box_(boxes[comm.rank()]),
      whole_rows_(boxes == pencils(grid, 0, comm.size())),
      to_rows_(comm, boxes, widened(pencils(grid, 0, comm.size()), grid)),
      from_rows_(comm, widened(pencils(grid, 0, comm.size()), grid), boxes),
      real_forward_(LinePlan::Kind::RealForward, grid.size[0]),
      real_backward_(LinePlan::Kind::RealBackward, grid.size[0])
{
    const auto spectral = spectral_grid(grid);
    for (int axis = 0; axis < Dim; ++axis) {
        const auto here = pencils(spectral, axis, comm.size());
        pencils_.push_back(here[comm.rank()]);
        if (axis == 0) continue;
        const auto before = pencils(spectral, axis - 1, comm.size());
        to_next_.emplace_back(comm, before, here);
        to_previous_.emplace_back(comm, here, before);
        forward_.emplace_back(LinePlan::Kind::Forward, grid.size[axis]);
        backward_.emplace_back(LinePlan::Kind::Backward, grid.size[axis]);
    }
}

/// Buffer for the lines along an axis. It is the spectrum itself if no redistribution lies between these lines and the spectrum.
template <int Dim>
typename DistributedFft<Dim>::Lines DistributedFft<Dim>::lines_along(int axis, std::span<Complex> spectrum) const
{
    bool moves = axis == 0 && !whole_rows_;
    for (std::size_t next = axis; next < to_next_.size(); ++next) moves = moves || !to_next_[next].is_identity();
    if (!moves) return {{}, spectrum};
    Lines lines{std::vector<Complex>(pencils_[axis].count()), {}};
    lines.values = lines.own;
    return lines;
}

template <int Dim>
void DistributedFft<Dim>::forward(std::span<const double> field, std::span<Complex> spectrum)
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(spectrum.size()) == spectral_box().count());
    Lines lines = lines_along(0, spectrum);
    transform_rows(field, lines.values);
    for (int axis = 1; axis < Dim; ++axis) {
        Lines next = lines_along(axis, spectrum);
        to_next_[axis - 1].execute(lines.values, next.values);
        lines = std::move(next);
        transform_lines(axis, forward_[axis - 1], lines.values);
    }
}

template <int Dim>
void DistributedFft<Dim>::backward(std::span<Complex> spectrum, std::span<double> field)
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(spectrum.size()) == spectral_box().count());
    Lines lines = lines_along(Dim - 1, spectrum);
    for (int axis = Dim - 1; axis > 0; --axis) {
        transform_lines(axis, backward_[axis - 1], lines.values);
        Lines previous = lines_along(axis - 1, spectrum);
        to_previous_[axis - 1].execute(lines.values, previous.values);
        lines = std::move(previous);
    }
    restore_rows(lines.values, field);
}

/// Transforms the rows of the field along x. Spectra are longer than rows and may share their memory, so that the last row is transformed first.
template <int Dim>
void DistributedFft<Dim>::transform_rows(std::span<const double> field, std::span<Complex> rows)
{
    const int n = grid_.size[0];
    const int half = n / 2 + 1;
    if (!whole_rows_) to_rows_.execute(field, as_reals(rows));
    const double* reals = whole_rows_ ? field.data() : as_reals(rows).data();
    const int pitch = whole_rows_ ? n : 2 * half;
    for (std::size_t row = rows.size() / half; row-- > 0;) {
        std::copy_n(reals + row * pitch, n, real_forward_.real());
        real_forward_.execute();
        std::copy_n(real_forward_.complex(), half, rows.data() + row * half);
    }
}

/// Transforms the spectra of rows back to the field, the first row first, as they may share memory. Overwrites the spectra.
template <int Dim>
void DistributedFft<Dim>::restore_rows(std::span<Complex> rows, std::span<double> field)
{
    const int n = grid_.size[0];
    const int half = n / 2 + 1;
    const double normalisation = 1.0 / static_cast<double>(grid_.count());
    double* reals = whole_rows_ ? field.data() : as_reals(rows).data();
    const int pitch = whole_rows_ ? n : 2 * half;
    for (std::size_t row = 0; row < rows.size() / half; ++row) {
        std::copy_n(rows.data() + row * half, half, real_backward_.complex());
        real_backward_.execute();
        std::transform(real_backward_.real(), real_backward_.real() + n, reals + row * pitch, [=](double value) { return value * normalisation; });
    }
    if (!whole_rows_) from_rows_.execute(as_reals(rows), field);
}

/// Transforms all lines along `axis` in place. Adjacent lines are gathered in batches, which makes better use of cache lines.
template <int Dim>
void DistributedFft<Dim>::transform_lines(int axis, LinePlan& plan, std::span<Complex> values) const
{
    constexpr int batch = 16;
    const auto& box = pencils_[axis];
    if (box.count() == 0) return;
    std::int64_t stride = 1;
    for (int a = 0; a < axis; ++a) stride *= box.extent(a);
    const int n = box.extent(axis);
    const std::int64_t planes = box.count() / (stride * n);
    // Lines begin an odd number of cache lines apart, since lines with a power of two as pitch would all map to the same cache set.
    const int pitch = n / 8 * 8 + 12;
    std::vector<Complex> lines(static_cast<std::size_t>(batch) * pitch);
    for (std::int64_t plane = 0; plane < planes; ++plane)
        for (std::int64_t first = 0; first < stride; first += batch) {
            const int count = static_cast<int>(std::min<std::int64_t>(batch, stride - first));
            Complex* base = values.data() + plane * stride * n + first;
            for (int k = 0; k < n; ++k)
                for (int line = 0; line < count; ++line) lines[line * pitch + k] = base[k * stride + line];
            for (int line = 0; line < count; ++line) {
                std::copy_n(lines.data() + line * pitch, n, plan.complex());
                plan.execute();
                std::copy_n(plan.complex(), n, lines.data() + line * pitch);
            }
            for (int k = 0; k < n; ++k)
                for (int line = 0; line < count; ++line) base[k * stride + line] = lines[line * pitch + k];
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
