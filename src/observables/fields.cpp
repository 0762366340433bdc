#include <shearwater/observables/fields.hpp>

#include <algorithm>
#include <limits>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/error.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/core/tensor.hpp>

namespace shearwater {

namespace {

/// Lowest barrier Q of the modes of a voxel (STZ paper, Eq. 8) [eV].
template <int Dim>
double lowest_barrier(const VoxelsAt<Dim>& voxels, std::int64_t voxel)
{
    const RunContext<Dim>& run = voxels.run();
    const auto state = voxels.state(voxel);
    const auto stress = deviator<Dim>(voxels.stress(voxel));
    const double softening = state.generation > 0 ? voxels.softening(state) : 0.0;
    const double half_volume = 0.5 * run.activation.volume * electronvolt_per_gpa_nm3;
    double lowest = std::numeric_limits<double>::infinity();
    for (int mode = 0; mode < run.catalogue.options().modes; ++mode) {
        const auto strain = voxels.mode_strain(voxel, state, mode);
        const double softened =
            voxels.intrinsic_barrier(voxel, state, mode) * exponential_function(-voxels.mode_alignment(state, strain) * softening);
        lowest = std::min(lowest, softened - half_volume * dot(stress, strain));
    }
    return lowest;
}

}  // namespace

template <int Dim>
const std::vector<SnapshotField<Dim>>& snapshot_fields()
{
    using At = const VoxelsAt<Dim>&;
    static const std::string components = Dim == 2 ? "components xx yy xy" : "components xx yy zz yz xz xy";
    static const std::vector<SnapshotField<Dim>> fields{
        {"plastic_strain", "1", "accumulated plastic strain (eigenstrain) of the voxel, tensor " + components,
         +[](At voxels, std::int64_t voxel) { return from_deviator<Dim>(voxels.state(voxel).eigenstrain); }},
        {"stress", "GPa", "mean stress of the voxel, tensor " + components, +[](At voxels, std::int64_t voxel) { return voxels.stress(voxel); }},
        {"von_mises_strain", "1", "von Mises strain sqrt(1/2 e:e) of the plastic strain",
         +[](At voxels, std::int64_t voxel) { return von_mises_strain(voxels.state(voxel).eigenstrain); }},
        {"generation", "1", "how often the voxel has transformed",
         +[](At voxels, std::int64_t voxel) { return std::int64_t{voxels.state(voxel).generation}; }},
        {"softening", "1", "softening eta of the voxel, permanent and temporary",
         +[](At voxels, std::int64_t voxel) { return voxels.softening(voxels.state(voxel)); }},
        {"lowest_barrier", "eV", "lowest barrier Q of the voxel's modes", lowest_barrier<Dim>, false},
    };
    return fields;
}

// The tables for 2D and 3D have the same names.

std::vector<std::string> field_names()
{
    std::vector<std::string> names;
    for (const auto& field : snapshot_fields<2>()) names.emplace_back(field.name);
    return names;
}

std::vector<std::string> default_fields()
{
    std::vector<std::string> names;
    for (const auto& field : snapshot_fields<2>())
        if (field.is_default) names.emplace_back(field.name);
    return names;
}

template <int Dim>
std::vector<SnapshotField<Dim>> snapshot_fields(const std::vector<std::string>& names)
{
    std::vector<SnapshotField<Dim>> chosen;
    for (const auto& field : snapshot_fields<Dim>())
        if (std::find(names.begin(), names.end(), field.name) != names.end()) chosen.push_back(field);
    SHEARWATER_EXPECTS(chosen.size() == names.size());
    return chosen;
}

template const std::vector<SnapshotField<2>>& snapshot_fields<2>();
template const std::vector<SnapshotField<3>>& snapshot_fields<3>();
template std::vector<SnapshotField<2>> snapshot_fields<2>(const std::vector<std::string>& names);
template std::vector<SnapshotField<3>> snapshot_fields<3>(const std::vector<std::string>& names);

}  // namespace shearwater
