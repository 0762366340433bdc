#pragma once

#include <cstdint>

namespace shearwater {

/// When thermal events happen and how the strain rises between them.
enum class Clock {
    Continuous,  ///< a Poisson process whose rates follow the ramp and the decay of temporary softening
    Increment,   ///< strain rises by a step at the start of each interval; any number of events in it
    Bernoulli,   ///< rates frozen per step, at most one thermal event in it (STZ paper, section 2.3)
    Published,   ///< rule of the code published with the paper: rates frozen, one event or one elastic step
};

/// What happens when barriers vanish.
enum class Athermal {
    Sequential,    ///< the most negative barrier transforms, stresses are updated, and so on
    Simultaneous,  ///< all voxels with a vanished barrier transform together
};

/// How the next event is found.
enum class EngineKind {
    Exact,       ///< rates are bounded, and computed only where a bound does not suffice
    Reference,   ///< all rates are computed anew after every event
    Sublattice,  ///< blocks of the lattice run side by side for short intervals, with stresses from outside as they were when the interval began
};

/// What of an engine matters to other parts of the program.
struct EngineTraits {
    bool bounds_rates = false;  ///< it bounds the rates of tiles, and computes few; otherwise it computes all of them after every event
    bool has_blocks = false;    ///< it cuts the lattice into blocks that run side by side
};

[[nodiscard]] constexpr EngineTraits traits(EngineKind kind) noexcept
{
    return {kind != EngineKind::Reference, kind == EngineKind::Sublattice};
}

/// How the sublattice engine brings stresses far from events up to date after a cycle.
enum class FarUpdate {
    Automatic,   ///< by whichever of the next two counts say is cheaper
    Expansions,  ///< the responses to all events of the cycle, as polynomials in a tree of cells
    Transform,   ///< a solve of the whole eigenstrain field by Fourier transforms
    Petsc,       ///< the same by PETSc
};

struct KmcOptions {
    EngineKind engine = EngineKind::Exact;
    Clock clock = Clock::Continuous;
    Athermal athermal = Athermal::Sequential;
    double athermal_threshold = 0.33;      ///< `published`: lowest barrier that flips in an avalanche [eV]
    std::int64_t max_generation = 100000;  ///< a voxel that transforms more often stops the run
    std::uint64_t seed = 1;

    // Sublattice engine.
    int block = 0;                   ///< edge of a block [voxels]; 0 = 32 in 2D, 16 in 3D
    double events_per_window = 1.0;  ///< mean number of bursts to be expected in a block in a sweep over all colours, about and at most
    int sweeps_per_cycle = 2;        ///< sweeps after which events far away are taken in, at most
    double drift_tolerance = 0.5;    ///< root mean square of the missed exponents |δW|/k_B T, about, as far as shorter intervals make it less
    int error_sample = 64;           ///< events of a cycle whose missed exponent is measured, about
    FarUpdate far_update = FarUpdate::Automatic;
    int max_rounds = 10000;  ///< sweeps over all colours after which an avalanche that crosses blocks stops the run
};

/// Edge of a block that applies to these options [voxels].
template <int Dim>
[[nodiscard]] constexpr int block_edge(const KmcOptions& options) noexcept
{
    if (options.block > 0) return options.block;
    return Dim == 2 ? 32 : 16;
}

}  // namespace shearwater
