#pragma once

#include <memory>

#include <shearwater/elasticity/cell.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/glass/glass_state.hpp>
#include <shearwater/io/run_options.hpp>
#include <shearwater/loading/drive.hpp>
#include <shearwater/loading/loading.hpp>
#include <shearwater/sim/layout.hpp>
#include <shearwater/stz/catalogue.hpp>

namespace shearwater {

/// The glass and the engine that advances it.
template <int Dim>
struct GlassAndEngine {
    std::unique_ptr<GlassState<Dim>> glass;
    std::unique_ptr<Engine> engine;
};

/// What glass and engine are made from. They keep references to all of it.
template <int Dim>
struct EngineParts {
    const Communicator& comm;
    const RunOptions& options;
    const Layout<Dim>& layout;
    const Tiles<Dim>& tiles;
    const Catalogue<Dim>& catalogue;
    ElasticCell<Dim>& cell;
    const Loading<Dim>& loading;
    const Drive& drive;
};

/// One kind of engine, as a run makes it.
template <int Dim>
struct EngineFactory {
    /// Strain of a ramp with the continuous clock over which rates are bounded at once [-].
    double (*bounded_strain)(const RunOptions& options, const Loading<Dim>& loading);

    /// Makes the undeformed glass and the engine. Collective.
    GlassAndEngine<Dim> (*make)(const EngineParts<Dim>& parts);
};

/// That of the deck: here, and nowhere else, the program chooses between engines.
template <int Dim>
[[nodiscard]] EngineFactory<Dim> engine_factory(EngineKind kind);

}  // namespace shearwater
