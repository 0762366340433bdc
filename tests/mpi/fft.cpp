#include <shearwater/fft/distributed_fft.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>

#include <shearwater/core/random.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

using Complex = std::complex<double>;

constexpr double two_pi = 6.283185307179586476925286766559;

/// The grid cut among all ranks along its first and last axis; boxes differ in size, and some are empty on many ranks.
template <int Dim>
std::vector<Box<Dim>> cut(const Grid<Dim>& grid, int ranks)
{
    const int along_x = ranks % 2 == 0 ? 2 : 1;
    const int along_last = ranks / along_x;
    std::vector<Box<Dim>> boxes(ranks);
    for (int rank = 0; rank < ranks; ++rank) {
        boxes[rank].end = grid.size;
        const int x = rank % along_x;
        const int last = rank / along_x;
        boxes[rank].begin[0] = grid.size[0] * x / along_x;
        boxes[rank].end[0] = grid.size[0] * (x + 1) / along_x;
        boxes[rank].begin[Dim - 1] = grid.size[Dim - 1] * last / along_last;
        boxes[rank].end[Dim - 1] = grid.size[Dim - 1] * (last + 1) / along_last;
    }
    return boxes;
}

/// A field that is a function of the voxel alone.
double value_at(std::int64_t id)
{
    return normal_pair({3, Purpose::Moduli, static_cast<std::uint64_t>(id), 0, 0})[0];
}

template <int Dim>
std::vector<double> field_of(const Grid<Dim>& grid, const Box<Dim>& box)
{
    std::vector<double> field(box.count());
    for (std::int64_t i = 0; i < box.count(); ++i) field[i] = value_at(grid.id(box.index(i)));
    return field;
}

/// Σ_x f(x) e^{-i q x} for one wave vector, term by term.
template <int Dim>
Complex naive_transform(const Grid<Dim>& grid, const std::array<double, Dim>& q)
{
    Complex sum = 0.0;
    for (std::int64_t id = 0; id < grid.count(); ++id) {
        const auto x = grid.index(id);
        double angle = 0.0;
        for (int axis = 0; axis < Dim; ++axis) angle -= q[axis] * x[axis];
        sum += value_at(id) * std::polar(1.0, angle);
    }
    return sum;
}

template <int Dim>
void check_against_naive(const Grid<Dim>& grid)
{
    DistributedFft<Dim> fft(world(), grid, cut(grid, world().size()));
    std::vector<Complex> spectrum(fft.spectral_box().count());
    fft.forward(field_of(grid, fft.box()), spectrum);
    double deviation = 0.0;
    bool in_place = true;
    fft.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        deviation = std::max(deviation, std::abs(spectrum[place] - naive_transform<Dim>(grid, q)));
        const auto index = fft.spectral_box().index(place);
        for (int axis = 0; axis < Dim; ++axis) {
            const double periods = q[axis] * grid.size[axis] / two_pi - index[axis];  // 0 or one whole zone less
            in_place = in_place && (std::abs(periods) < 1e-9 || std::abs(periods + grid.size[axis]) < 1e-9);
        }
    });
    CHECK(test::everywhere(deviation < 1e-11));
    CHECK(test::everywhere(in_place));
    CHECK(sum(world(), fft.spectral_box().count()) == grid.count() / grid.size[0] * (grid.size[0] / 2 + 1));
}

template <int Dim>
void check_there_and_back(const Grid<Dim>& grid)
{
    DistributedFft<Dim> fft(world(), grid, cut(grid, world().size()));
    const auto field = field_of(grid, fft.box());
    std::vector<Complex> spectrum(fft.spectral_box().count());
    std::vector<double> back(field.size());
    double deviation = 0.0;
    for (int repeat = 0; repeat < 2; ++repeat) {
        fft.forward(field, spectrum);
        fft.backward(spectrum, back);
        for (std::size_t i = 0; i < field.size(); ++i) deviation = std::max(deviation, std::abs(back[i] - field[i]));
    }
    CHECK(test::everywhere(deviation < 1e-14));
}

template <class Value>
bool same_bits(const Value& one, const Value& other)
{
    return std::memcmp(&one, &other, sizeof(Value)) == 0;
}

/// Multiplies by a function of the wave vector, so that the way back is of another field.
template <int Dim>
void smooth(const DistributedFft<Dim>& fft, std::vector<Complex>& spectrum)
{
    fft.for_each_wave_vector(
        [&](std::int64_t place, const std::array<double, Dim>& q) { spectrum[place] *= 1.0 / (1.0 + q[0] * q[0] + 2.0 * q[Dim - 1] * q[Dim - 1]); });
}

/// Spectra and fields on all ranks equal those of one rank alone, bit for bit.
template <int Dim>
void check_same_bits(const Grid<Dim>& grid)
{
    const Communicator self(MPI_COMM_SELF);
    DistributedFft<Dim> alone(self, grid, {Box<Dim>{{}, grid.size}});
    DistributedFft<Dim> together(world(), grid, cut(grid, world().size()));
    std::vector<Complex> spectrum_alone(alone.spectral_box().count());
    std::vector<Complex> spectrum(together.spectral_box().count());
    alone.forward(field_of(grid, alone.box()), spectrum_alone);
    together.forward(field_of(grid, together.box()), spectrum);
    bool same = true;
    for (std::int64_t i = 0; i < together.spectral_box().count(); ++i)
        same = same && same_bits(spectrum[i], spectrum_alone[alone.spectral_box().local(together.spectral_box().index(i))]);
    CHECK(test::everywhere(same));
    smooth(alone, spectrum_alone);
    smooth(together, spectrum);
    std::vector<double> back_alone(alone.box().count());
    std::vector<double> back(together.box().count());
    alone.backward(spectrum_alone, back_alone);
    together.backward(spectrum, back);
    for (std::int64_t i = 0; i < together.box().count(); ++i)
        same = same && same_bits(back[i], back_alone[alone.box().local(together.box().index(i))]);
    CHECK(test::everywhere(same));
}

/// Each box with a margin of two around it, where the grid has one.
template <int Dim>
std::vector<Box<Dim>> widened(const Grid<Dim>& grid, std::vector<Box<Dim>> boxes)
{
    for (auto& box : boxes)
        for (int axis = 0; axis < Dim; ++axis) {
            box.begin[axis] = std::max(0, box.begin[axis] - 2);
            box.end[axis] = std::min(grid.size[axis], box.end[axis] + 2);
        }
    return boxes;
}

template <int Dim>
void check_remap(const Grid<Dim>& grid, const std::vector<Box<Dim>>& from, const std::vector<Box<Dim>>& to)
{
    Remap<Dim> remap(world(), from, to);
    const auto& source = from[world().rank()];
    const auto& target = to[world().rank()];
    const auto values = field_of(grid, source);
    std::vector<Complex> pairs(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) pairs[i] = {values[i], -2.0 * values[i]};
    std::vector<double> moved(target.count(), 1e30);
    std::vector<Complex> moved_pairs(target.count(), 1e30);
    for (int repeat = 0; repeat < 2; ++repeat) {
        remap.execute(std::span<const double>(values), std::span<double>(moved));
        remap.execute(std::span<const Complex>(pairs), std::span<Complex>(moved_pairs));
    }
    const auto expected = field_of(grid, target);
    bool same = true;
    for (std::size_t i = 0; i < expected.size(); ++i)
        same = same && moved[i] == expected[i] && moved_pairs[i] == Complex(expected[i], -2.0 * expected[i]);
    CHECK(test::everywhere(same));
}

template <int Dim>
void check_remaps(const Grid<Dim>& grid)
{
    const auto boxes = cut(grid, world().size());
    check_remap(grid, boxes, boxes);
    check_remap(grid, boxes, widened(grid, boxes));
    check_remap(grid, boxes, std::vector<Box<Dim>>(world().size(), Box<Dim>{{}, grid.size}));
    // All to the last rank, and from it.
    std::vector<Box<Dim>> one(world().size());
    one.back() = {{}, grid.size};
    check_remap(grid, boxes, one);
    check_remap(grid, one, boxes);
}

}  // namespace

TEST_CASE("a distributed transform is the sum over all voxels", "[fft][mpi]")
{
    check_against_naive(Grid<2>{{12, 10}});
    check_against_naive(Grid<2>{{7, 9}});
    check_against_naive(Grid<3>{{6, 4, 5}});
}

TEST_CASE("a transform and its inverse give the field back", "[fft][mpi]")
{
    check_there_and_back(Grid<2>{{12, 10}});
    check_there_and_back(Grid<2>{{7, 9}});
    check_there_and_back(Grid<2>{{64, 64}});
    check_there_and_back(Grid<3>{{6, 4, 5}});
    check_there_and_back(Grid<3>{{16, 8, 12}});
}

TEST_CASE("a transform has the same bits on any number of ranks", "[fft][mpi]")
{
    check_same_bits(Grid<2>{{50, 34}});
    check_same_bits(Grid<2>{{64, 64}});
    check_same_bits(Grid<3>{{18, 10, 14}});
}

TEST_CASE("a remap delivers every value to all boxes that want it", "[fft][mpi]")
{
    check_remaps(Grid<2>{{12, 10}});
    check_remaps(Grid<3>{{6, 4, 5}});
}
