#include <shearwater/elasticity/kernel/spectral_response.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <shearwater/core/random.hpp>
#include <shearwater/lattice/partition.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::world;

namespace {

struct Operator {
    Discretization discretization;
    int elements;
};

constexpr Operator finite_elements{Discretization::FiniteElements, 2};
constexpr Operator continuum{Discretization::Spectral, 1};

/// A cell on all ranks, with an eigenstrain field that is a function of the voxel alone.
template <int Dim>
struct Cell {
    Cell(const Communicator& comm, const Grid<Dim>& grid, const Operator& op)
        : boxes(Partition<Dim>(grid, comm.size()).boxes()),
          box(boxes[comm.rank()]),
          moduli(moduli_of<Dim>(57.0923, 0.421965, Plane::Strain)),
          response(comm, grid, boxes, moduli, op.discretization, op.elements),
          eigenstrain(deviator_size<Dim>, std::vector<double>(box.count()))
    {
        for (std::uint32_t a = 0; a < deviator_size<Dim>; ++a)
            for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
                const auto id = static_cast<std::uint64_t>(grid.id(box.index(voxel)));
                eigenstrain[a][voxel] = 0.1 * normal_pair({9, Purpose::Moduli, id, a, 0})[0];
            }
    }

    /// Deviatoric stress, mean normal stress and the table of one voxel, one after the other.
    [[nodiscard]] Fields all()
    {
        auto all = response.deviatoric_stress(eigenstrain);
        all.push_back(response.mean_normal_stress(eigenstrain));
        for (int a = 0; a < deviator_size<Dim>; ++a)
            for (int b = 0; b < deviator_size<Dim>; ++b) all.push_back(response.around_one_voxel(a, b));
        return all;
    }

    std::vector<Box<Dim>> boxes;
    Box<Dim> box;
    Moduli moduli;
    SpectralResponse<Dim> response;
    Fields eigenstrain;
};

/// Stress with the response computed at every wave vector, all tensor components by all, no symmetry used.
template <int Dim>
Fields plain_stress(const Grid<Dim>& grid, const Cell<Dim>& cell, const Operator& op)
{
    constexpr int size = tensor_size<Dim>;
    DistributedFft<Dim> fft(world(), grid, cell.boxes);
    const auto eigenstrain = tensors<Dim>(cell.eigenstrain);
    std::vector<std::vector<std::complex<double>>> spectrum(size, std::vector<std::complex<double>>(fft.spectral_box().count()));
    std::vector<double> component(eigenstrain.size());
    for (int i = 0; i < size; ++i) {
        for (std::size_t voxel = 0; voxel < component.size(); ++voxel) component[voxel] = eigenstrain[voxel][i];
        fft.forward(component, spectrum[i]);
    }
    fft.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        const auto response = voxel_response<Dim>(q, cell.moduli, op.discretization, op.elements);
        std::array<std::complex<double>, size> answer{};
        for (int i = 0; i < size; ++i)
            for (int j = 0; j < size; ++j) answer[i] += response[i][j] * spectrum[j][place];
        for (int i = 0; i < size; ++i) spectrum[i][place] = answer[i];
    });
    std::vector<SymmetricTensor<Dim>> stress(eigenstrain.size());
    for (int i = 0; i < size; ++i) {
        fft.backward(spectrum[i], component);
        for (std::size_t voxel = 0; voxel < component.size(); ++voxel) stress[voxel][i] = component[voxel];
    }
    return fields<Dim>(stress);
}

template <int Dim>
void check_against_plain(const Grid<Dim>& grid, const Operator& op)
{
    Cell<Dim> cell(world(), grid, op);
    auto stress = cell.response.deviatoric_stress(cell.eigenstrain);
    stress.push_back(cell.response.mean_normal_stress(cell.eigenstrain));
    CHECK(largest_difference(world(), stress, plain_stress(grid, cell, op)) < 1e-12);
}

template <int Dim>
void check_same_bits(const Grid<Dim>& grid, const Operator& op)
{
    const Communicator self(MPI_COMM_SELF);
    Cell<Dim> alone(self, grid, op);
    Cell<Dim> together(world(), grid, op);
    const auto expected = alone.all();
    const auto found = together.all();
    bool same = found.size() == expected.size();
    for (std::size_t row = 0; same && row < found.size(); ++row)
        for (std::int64_t voxel = 0; voxel < together.box.count(); ++voxel)
            same = same && std::memcmp(&found[row][voxel], &expected[row][grid.id(together.box.index(voxel))], sizeof(double)) == 0;
    CHECK(everywhere(same));
}

}  // namespace

TEST_CASE("a solve by transforms is the response at every wave vector", "[fft][mpi]")
{
    for (const auto& op : {finite_elements, continuum}) {
        check_against_plain(Grid<2>{{32, 24}}, op);
        check_against_plain(Grid<2>{{29, 37}}, op);
        check_against_plain(Grid<3>{{16, 12, 8}}, op);
        check_against_plain(Grid<3>{{17, 10, 9}}, op);
    }
}

TEST_CASE("a solve by transforms has the same bits on any number of ranks", "[fft][mpi]")
{
    check_same_bits(Grid<2>{{64, 64}}, finite_elements);
    check_same_bits(Grid<2>{{29, 37}}, finite_elements);
    check_same_bits(Grid<2>{{30, 36}}, continuum);
    check_same_bits(Grid<3>{{17, 10, 12}}, finite_elements);
}
