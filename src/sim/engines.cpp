#include <shearwater/sim/engines.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/error.hpp>
#include <shearwater/engine/exact/exact.hpp>
#include <shearwater/engine/exact/exact_glass.hpp>
#include <shearwater/engine/reference/reference.hpp>
#include <shearwater/engine/reference/reference_glass.hpp>
#include <shearwater/engine/sublattice/sublattice.hpp>
#include <shearwater/engine/sublattice/sublattice_glass.hpp>

namespace shearwater {

namespace {

constexpr double longest_strain = 1e-3;  // upper limit of the strains below [-]

template <class Model, int Dim, class... More>
std::unique_ptr<Model> make_glass(const EngineParts<Dim>& parts, More&&... more)
{
    const RunOptions& options = parts.options;
    return std::make_unique<Model>(parts.tiles, parts.catalogue, options.activation, options.softening, parts.cell, parts.loading,
                                   std::forward<More>(more)...);
}

/// The strain over which the work of a typical mode (ε:ε = γ*²) changes by 0.1 k_B T. About one candidate in ten is then rejected, and few passes end
/// without an event.
template <int Dim>
double bounded_by_reference(const RunOptions& options, const Loading<Dim>& loading)
{
    const double work_per_strain = 0.5 * options.activation.volume * electronvolt_per_gpa_nm3 * loading.elastic_slope() * options.catalogue.strain;
    return std::min(0.1 * boltzmann * options.activation.temperature / work_per_strain, longest_strain);
}

template <int Dim>
GlassAndEngine<Dim> make_reference(const EngineParts<Dim>& parts)
{
    auto glass = make_glass<ReferenceGlass<Dim>>(parts);
    auto engine = std::make_unique<ReferenceEngine<ReferenceGlass<Dim>>>(*glass, parts.comm, parts.options.kmc, parts.drive);
    return {std::move(glass), std::move(engine)};
}

/// The strain over which the mean stress changes by the reserve that all bounds include.
template <int Dim>
double bounded_by_exact(const RunOptions& options, const Loading<Dim>& loading)
{
    const double scale = thermal_stress_scale(options.activation, options.catalogue);
    return std::min(ExactGlass<Dim>::mean_reserve * scale / loading.elastic_slope(), longest_strain);
}

template <int Dim>
GlassAndEngine<Dim> make_exact(const EngineParts<Dim>& parts)
{
    auto glass = make_glass<ExactGlass<Dim>>(parts);
    auto engine = std::make_unique<ExactEngine<ExactGlass<Dim>>>(*glass, parts.comm, parts.options.kmc, parts.drive, parts.tiles.all_tiles());
    return {std::move(glass), std::move(engine)};
}

/// The strain over which the deviator of the mean stress changes by less than the reserve that all bounds include, so that bounds need to follow the
/// mean stress only at the beginning of a sweep.
template <int Dim>
double bounded_by_sublattice(const RunOptions& options, const Loading<Dim>& loading)
{
    const double scale = thermal_stress_scale(options.activation, options.catalogue);
    const auto deviatoric = deviator<Dim>(loading.state(1.0, {}).stress);
    const double stiffness = std::max(loading.elastic_slope(), std::sqrt(dot(deviatoric, deviatoric)));
    return std::min(0.999 * SublatticeGlass<Dim>::mean_reserve * scale / stiffness, longest_strain);
}

template <int Dim>
GlassAndEngine<Dim> make_sublattice(const EngineParts<Dim>& parts)
{
    const Blocks<Dim>& blocks = *parts.layout.blocks;
    const Partition<Dim>& partition = parts.layout.partition;
    auto glass = make_glass<SublatticeGlass<Dim>>(parts, blocks, partition, parts.options.kmc.far_update);
    auto engine = std::make_unique<SublatticeEngine<SublatticeGlass<Dim>>>(*glass, parts.comm, parts.options.kmc, parts.drive, blocks, partition,
                                                                           parts.tiles.all_tiles(), parts.lists_events);
    return {std::move(glass), std::move(engine)};
}

}  // namespace

template <int Dim>
EngineFactory<Dim> engine_factory(EngineKind kind)
{
    switch (kind) {
        case EngineKind::Reference: return {bounded_by_reference<Dim>, make_reference<Dim>, {}, {}};
        case EngineKind::Exact: return {bounded_by_exact<Dim>, make_exact<Dim>, {}, {}};
        case EngineKind::Sublattice: return {bounded_by_sublattice<Dim>, make_sublattice<Dim>, CycleReport::columns(), CycleReport::event_columns()};
    }
    throw RunError("unknown engine");
}

template EngineFactory<2> engine_factory(EngineKind kind);
template EngineFactory<3> engine_factory(EngineKind kind);

}  // namespace shearwater
