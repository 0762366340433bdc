#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <shearwater/observables/instant.hpp>

namespace shearwater {

/// A field that snapshots can have: a row of their table.
template <int Dim>
struct SnapshotField {
    /// The value in one voxel.
    template <class Value>
    using Of = Value (*)(const VoxelsAt<Dim>& voxels, std::int64_t voxel);

    std::string_view name;
    std::string unit;
    std::string description;
    std::variant<Of<double>, Of<std::int64_t>, Of<SymmetricTensor<Dim>>> value;
    bool is_default = true;  ///< whether snapshots have it unless the deck says otherwise

    /// Numbers in one voxel.
    [[nodiscard]] int components() const noexcept { return std::holds_alternative<Of<SymmetricTensor<Dim>>>(value) ? tensor_size<Dim> : 1; }
    [[nodiscard]] bool is_integer() const noexcept { return std::holds_alternative<Of<std::int64_t>>(value); }
};

/// All fields, in the order in which files have them.
template <int Dim>
[[nodiscard]] const std::vector<SnapshotField<Dim>>& snapshot_fields();

/// Names of all fields, in the order of the table.
[[nodiscard]] std::vector<std::string> field_names();
/// Names of those that snapshots have unless the deck says otherwise.
[[nodiscard]] std::vector<std::string> default_fields();

/// Those with the given names, in the order of the table. @param names  of the table
template <int Dim>
[[nodiscard]] std::vector<SnapshotField<Dim>> snapshot_fields(const std::vector<std::string>& names);

}  // namespace shearwater
