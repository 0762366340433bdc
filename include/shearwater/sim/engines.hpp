#pragma once

#include <memory>
#include <vector>

#include <shearwater/core/record.hpp>
#include <shearwater/elasticity/cell.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/glass/glass.hpp>
#include <shearwater/io/run_options.hpp>
#include <shearwater/loading/drive.hpp>
#include <shearwater/loading/loading.hpp>
#include <shearwater/sim/layout.hpp>
#include <shearwater/stz/catalogue.hpp>

namespace shearwater {

/// The glass and the engine that advances it.
template <int Dim>
struct GlassAndEngine {
    std::unique_ptr<Glass<Dim>> glass;
    std::unique_ptr<Engine> engine;
};

/// The parts from which glass and engine are constructed. Both keep references to them.
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
    bool lists_events = false;  ///< whether rank 0 gets all events of every step
};

/// Functions that create the glass and the engine of one kind (abstract factory).
template <int Dim>
struct EngineFactory {
    /// Strain over which the engine bounds rates at once, for a ramp with the continuous clock [-].
    double (*bounded_strain)(const RunOptions& options, const Loading<Dim>& loading);

    /// Creates the undeformed glass and the engine. Collective.
    GlassAndEngine<Dim> (*make)(const EngineParts<Dim>& parts);

    std::vector<Column> columns{};        ///< of the history, that only this engine has
    std::vector<Column> event_columns{};  ///< of the event log, that only this engine has
};

/// The factory of a kind of engine. This is the only place where the program distinguishes the kinds by name.
template <int Dim>
[[nodiscard]] EngineFactory<Dim> engine_factory(EngineKind kind);

}  // namespace shearwater
