#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <shearwater/elasticity/fmm/far_field.hpp>
#include <shearwater/elasticity/options.hpp>
#include <shearwater/lattice/partition.hpp>

#include "support.hpp"

/// Periodic cells with a kernel and events in them, for tests that compare a far field with plain sums.
namespace shearwater::test {

inline constexpr double threshold = 0.015;  ///< the same as that of the glass [GPa]

template <int Dim>
using Coefficients = std::array<double, deviator_size<Dim>>;

/// An index that template arguments are not deduced from.
template <int Dim>
using At = std::type_identity_t<Index<Dim>>;

/// One transformation.
template <int Dim>
struct Source {
    Index<Dim> at;
    Coefficients<Dim> strain;
};

template <int Dim>
double norm(const Coefficients<Dim>& a)
{
    double squared = 0.0;
    for (const double value : a) squared += value * value;
    return std::sqrt(squared);
}

template <int Dim>
Coefficients<Dim> difference(const Coefficients<Dim>& a, const Coefficients<Dim>& b)
{
    Coefficients<Dim> off{};
    for (int i = 0; i < deviator_size<Dim>; ++i) off[i] = a[i] - b[i];
    return off;
}

/// A periodic cell of wang2024's moduli with one element per voxel, on all ranks.
template <int Dim>
struct Cell {
    explicit Cell(const At<Dim>& size, Discretization discretization = Discretization::FiniteElements)
        : grid{size},
          partition(grid, world().size()),
          node(world().node()),
          response(world(), grid, partition.boxes(), moduli_of<Dim>(57.0923, 0.421965, Plane::Strain), discretization, 1),
          kernel(world(), partition.boxes(), response)
    {
        whole.end = size;
    }

    /// The far field of this rank's part, or of the whole cell.
    [[nodiscard]] FarField<Dim> here(Separation separation = Separation::PointToCell) const
    {
        return {node, kernel, partition.box(world().rank()), threshold, separation};
    }
    [[nodiscard]] FarField<Dim> everything(Separation separation = Separation::PointToCell) const
    {
        return {node, kernel, whole, threshold, separation};
    }

    [[nodiscard]] std::string name() const
    {
        std::string text;
        for (const int n : grid.size) text += (text.empty() ? "" : "x") + std::to_string(n);
        return text;
    }

    [[nodiscard]] Coefficients<Dim> response_at(const Source<Dim>& source, const Index<Dim>& voxel) const
    {
        Index<Dim> apart{};
        for (int axis = 0; axis < Dim; ++axis) apart[axis] = (voxel[axis] - source.at[axis] + grid.size[axis]) % grid.size[axis];
        Coefficients<Dim> stress{};
        kernel.add_one(apart, source.strain.data(), stress.data());
        return stress;
    }

    /// Sum over the events that are far from the voxel's leaf.
    [[nodiscard]] Coefficients<Dim> far_sum(const FarField<Dim>& field, const std::vector<Source<Dim>>& sources, const Index<Dim>& voxel) const
    {
        const int leaf = field.leaf_of(voxel);
        Coefficients<Dim> sum{};
        for (const auto& source : sources) {
            if (field.is_near(source.at, leaf)) continue;
            const auto stress = response_at(source, voxel);
            for (int a = 0; a < deviator_size<Dim>; ++a) sum[a] += stress[a];
        }
        return sum;
    }

    Grid<Dim> grid;
    Partition<Dim> partition;
    Communicator node;
    SpectralResponse<Dim> response;
    KernelTable<Dim> kernel;
    Box<Dim> whole;
};

template <int Dim>
Index<Dim> some_voxel(const Box<Dim>& box, std::mt19937& random)
{
    return box.index(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(box.count())));
}

/// Events of the size of the model's, in places that repeat at times.
template <int Dim>
std::vector<Source<Dim>> some_sources(const Grid<Dim>& grid, int count, std::uint32_t seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(0.0, 0.14 / std::sqrt(deviator_size<Dim>));
    Box<Dim> whole;
    whole.end = grid.size;
    std::vector<Source<Dim>> sources(count);
    for (auto& source : sources) {
        source.at = some_voxel(whole, random);
        for (double& coefficient : source.strain) coefficient = normal(random);
    }
    return sources;
}

/// Adds an event to a far field. @param below  of FarField::find_interactions  @return its near leaves
template <int Dim>
std::vector<int> add_event(FarField<Dim>& field, const Source<Dim>& source, int below)
{
    FarSource<Dim> interactions;
    field.find_interactions(source.at, below, interactions);
    field.add(interactions, source.strain.data());
    return interactions.near_leaves();
}

template <int Dim>
std::vector<int> add_event(FarField<Dim>& field, const Source<Dim>& source)
{
    return add_event(field, source, field.levels());
}

/// Far stress of one voxel, read as the glass reads it: in groups that begin at multiples of eight from the box.
template <int Dim>
Coefficients<Dim> far_stress(FarField<Dim>& field, const Box<Dim>& box, const At<Dim>& voxel, bool settled = false)
{
    Index<Dim> first = voxel;
    const int lane = (voxel[0] - box.begin[0]) % lane_count;
    first[0] -= lane;
    Lanes stress[deviator_size<Dim>] = {};
    if (settled)
        field.add_settled_stress(field.leaf_of(voxel), first, stress);
    else
        field.add_stress(field.leaf_of(voxel), first, stress);
    Coefficients<Dim> result{};
    for (int a = 0; a < deviator_size<Dim>; ++a) result[a] = stress[a][lane];
    return result;
}

/// Calls test(cell) with a 2D or 3D cell of every shape.
template <class Test>
void for_each_shape(Test&& test)
{
    for (const Index<2>& size : {Index<2>{96, 96}, {256, 256}, {250, 170}, {512, 96}}) test(Cell<2>(size));
    for (const Index<3>& size : {Index<3>{128, 128, 8}, {48, 48, 48}}) test(Cell<3>(size));
}

/// Largest value over all ranks.
inline double over_ranks(double value)
{
    return maximum(world(), value);
}

}  // namespace shearwater::test
