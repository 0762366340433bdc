#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace shearwater {

/// Rule by which thermal events and the applied strain share time.
enum class Clock {
    Continuous,  ///< events are a Poisson process whose rates follow the ramp and the decay of temporary softening
    Increment,   ///< the strain is incremented at the start of each step, which may have any number of events
    Bernoulli,   ///< rates are frozen in a step, which has at most one thermal event (STZ paper, section 2.3)
    Published,   ///< rates are frozen, and a step is one event or elastic, as in the code published with the STZ paper
};

/// Order in which voxels with vanished barriers transform.
enum class Athermal {
    Sequential,    ///< the mode with the lowest barrier transforms and stresses are updated, until no barrier is negative
    Simultaneous,  ///< all voxels with a vanished barrier transform together, and then stresses are updated
};

/// Algorithm that finds the next event.
enum class EngineKind {
    Exact,       ///< rates are bounded, and computed only where a bound does not suffice
    Reference,   ///< all rates are recomputed after every event
    Sublattice,  ///< blocks of the lattice advance concurrently for short intervals, with the far stress of the beginning of a cycle
};

/// Properties of an engine on which other parts of the program depend.
struct EngineTraits {
    bool bounds_rates = false;  ///< whether it bounds the rates of tiles; otherwise it recomputes all rates after every event
    bool has_blocks = false;    ///< whether it divides the lattice into blocks that advance concurrently

    bool serves_published = false;     ///< whether it serves the published clock
    bool serves_steps = false;         ///< whether it serves clocks other than the continuous one
    bool serves_simultaneous = false;  ///< whether it lets all voxels with a vanished barrier transform together
};

/// The properties of an engine.
[[nodiscard]] constexpr EngineTraits traits(EngineKind kind) noexcept
{
    constexpr EngineTraits exact{true, false, false, true, true};
    constexpr EngineTraits reference{false, false, true, true, true};
    constexpr EngineTraits sublattice{true, true, false, false, false};
    constexpr std::array all{exact, reference, sublattice};  // in the order of EngineKind
    return all[static_cast<std::size_t>(kind)];
}

/// Method by which the sublattice engine updates the far stress after a cycle.
enum class FarUpdate {
    Automatic,   ///< the cheaper of the next two, by counts of operations
    Expansions,  ///< the fast multipole method (elasticity/fmm) adds the stress of all events of the cycle
    Transform,   ///< the stress of the whole eigenstrain field is recomputed by Fourier transforms
    Petsc,       ///< the stress of the whole eigenstrain field is recomputed by PETSc
};

/// Options of the engines.
struct KmcOptions {
    EngineKind engine = EngineKind::Exact;
    Clock clock = Clock::Continuous;
    Athermal athermal = Athermal::Sequential;
    double athermal_threshold = 0.33;      ///< `published`: barrier below which a voxel transforms in an avalanche [eV]
    std::int64_t max_generation = 100000;  ///< the run stops if a voxel transforms more often
    std::uint64_t seed = 1;

    // Sublattice engine.
    int block = 0;                   ///< edge of a block [voxels]; 0 = 32 in 2D, 16 in 3D
    double events_per_window = 1.0;  ///< upper limit of the mean number of bursts expected in a block in a sweep [-]
    int sweeps_per_cycle = 2;        ///< largest number of sweeps before the far stress is updated
    double drift_tolerance = 0.5;    ///< target of the root mean square of the avoidable missed exponents [-]
    int error_sample = 64;           ///< approximate number of events of a cycle whose missed exponent is measured
    FarUpdate far_update = FarUpdate::Automatic;
    int max_rounds = 10000;  ///< largest number of rounds of an avalanche that crosses blocks; more stop the run
};

/// Edge of a block for these options [voxels].
template <int Dim>
[[nodiscard]] constexpr int block_edge(const KmcOptions& options) noexcept
{
    if (options.block > 0) return options.block;
    return Dim == 2 ? 32 : 16;
}

}  // namespace shearwater
