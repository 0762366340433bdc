#pragma once

#include <vector>

#include <shearwater/core/tensor.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// A tensor field of a rank's box: one array per deviatoric coefficient and, where it is asked for, last, the mean of the
/// diagonal; one value per voxel, x fastest.
using Fields = std::vector<std::vector<double>>;

/// The tensors of a field of deviators.
template <int Dim>
[[nodiscard]] std::vector<SymmetricTensor<Dim>> tensors(const Fields& deviators);

/// Deviatoric coefficients and mean of the diagonal of a field of tensors.
template <int Dim>
[[nodiscard]] Fields fields(const std::vector<SymmetricTensor<Dim>>& tensors);

/// Largest difference between the rows of `a` and the same rows of `b`, over all ranks; infinite if one is NaN. Collective.
[[nodiscard]] double largest_difference(const Communicator& comm, const Fields& a, const Fields& b);

}  // namespace shearwater
