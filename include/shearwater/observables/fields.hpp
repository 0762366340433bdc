#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <shearwater/observables/instant.hpp>

namespace shearwater {

/// A field that snapshots can contain: one row of the table of fields.
template <int Dim>
struct SnapshotField {
    /// Function that returns the value in one voxel. @param voxel  number of the voxel in the rank's box
    template <class Value>
    using Of = Value (*)(const VoxelsAt<Dim>& voxels, std::int64_t voxel);

    std::string_view name;
    std::string unit;
    std::string description;
    std::variant<Of<double>, Of<std::int64_t>, Of<SymmetricTensor<Dim>>> value;
    bool is_default = true;  ///< whether snapshots contain it by default

    /// Number of components in one voxel.
    [[nodiscard]] int components() const noexcept { return std::holds_alternative<Of<SymmetricTensor<Dim>>>(value) ? tensor_size<Dim> : 1; }
    [[nodiscard]] bool is_integer() const noexcept { return std::holds_alternative<Of<std::int64_t>>(value); }
};

/// The table of all fields, in the order in which they are written.
template <int Dim>
[[nodiscard]] const std::vector<SnapshotField<Dim>>& snapshot_fields();

/// Names of all fields, in the order of the table.
[[nodiscard]] std::vector<std::string> field_names();
/// Names of the fields that snapshots contain by default.
[[nodiscard]] std::vector<std::string> default_fields();

/// The fields with the given names, in the order of the table. Names that are not in the table are ignored.
template <int Dim>
[[nodiscard]] std::vector<SnapshotField<Dim>> snapshot_fields(const std::vector<std::string>& names);

}  // namespace shearwater
