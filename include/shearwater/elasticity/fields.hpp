#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <shearwater/core/tensor.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// A tensor field in a rank's box: one array for each deviatoric coefficient and, where it is needed, a last one for the mean of the
/// diagonal: [row][voxel, x fastest].
using Fields = std::vector<std::vector<double>>;

/// A field that is not stored: the value of a row in a voxel of the box, x fastest.
using FieldFunction = std::function<double(int row, std::int64_t voxel)>;

/// Returns the tensors of a field of deviators.
template <int Dim>
[[nodiscard]] std::vector<SymmetricTensor<Dim>> tensors(const Fields& deviators);

/// Returns the deviatoric coefficients and the mean of the diagonal of a field of tensors.
template <int Dim>
[[nodiscard]] Fields fields(const std::vector<SymmetricTensor<Dim>>& tensors);

/// Returns the largest difference between the rows of `a` and the same rows of `b`, over all ranks; infinite if one is NaN. Collective.
[[nodiscard]] double largest_difference(const Communicator& comm, const Fields& a, const Fields& b);

}  // namespace shearwater
