#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <shearwater/core/exact_sum.hpp>
#include <shearwater/elasticity/moduli.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// Least norm of the nodal forces of eigenstrains that residuals are divided by: what rounding alone may leave of forces, as of those of a uniform
/// field, which are zero. Collective.
/// @param eigenstrain  one tensor per voxel of this rank's box
/// @param moduli       moduli(voxel of this rank's box)
/// @param elements     Q1 elements per voxel edge
template <int Dim, class ModuliOf>
[[nodiscard]] double rounding_of_forces(const Communicator& comm, const std::vector<SymmetricTensor<Dim>>& eigenstrain, ModuliOf&& moduli,
                                        int elements)
{
    constexpr double epsilon = 1e-15;
    ExactSum squares;
    for (std::size_t voxel = 0; voxel < eigenstrain.size(); ++voxel) {
        const auto [lambda, mu] = moduli(static_cast<std::int64_t>(voxel));
        const double modulus = std::abs(lambda) + 2.0 * mu;
        for (const double component : eigenstrain[voxel])
            if (std::isfinite(component)) squares.add(modulus * component * modulus * component);
    }
    return epsilon * std::sqrt(std::pow(elements, Dim) * exact_sum(comm, squares));
}

}  // namespace shearwater
