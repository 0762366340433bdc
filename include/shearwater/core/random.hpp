#pragma once

#include <array>
#include <cstdint>

/// Counter-based random numbers by Philox-4x32-10 of the library Random123 (J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random
/// numbers: as easy as 1, 2, 3, Proc. SC'11 (2011)).
///
/// A draw is a pure function of its key. It needs no state and is the same on any number of ranks and after any restart.
namespace shearwater {

/// Purpose of a stream of random numbers. Streams of different purposes do not overlap.
enum class Purpose : std::uint32_t {
    ModeStrain = 1,   ///< strain coefficients of a mode
    ModeBarrier = 2,  ///< intrinsic barrier of a mode
    Waiting = 3,      ///< candidates of a tile: waiting time, voxel and mode
    Acceptance = 4,   ///< candidates of a tile: acceptance
    Moduli = 5,       ///< elastic moduli of a voxel
    Colours = 6,      ///< order of colours in a sweep
    Sample = 7,       ///< events whose missed exponent is measured
};

/// The key of a draw. `item` is the number of a voxel or tile, `index` that of a mode or of a draw within a step, and `epoch` that of a generation or
/// a step.
struct DrawKey {
    std::uint64_t seed;
    Purpose purpose;      ///< below 2^8
    std::uint64_t item;   ///< below 2^40
    std::uint32_t index;  ///< below 2^16
    std::uint64_t epoch;  ///< below 2^56
};

/// Two independent uniform doubles in (0, 1], each with 53 random bits.
[[nodiscard]] std::array<double, 2> uniform_pair(const DrawKey& key) noexcept;

/// Two independent standard normal numbers (G. E. P. Box, M. E. Muller, Ann. Math. Stat. 29 (1958) 610).
[[nodiscard]] std::array<double, 2> normal_pair(const DrawKey& key) noexcept;

/// Waiting time to the next event of a Poisson process of rate 1, by inversion. @param uniform  in (0, 1]
[[nodiscard]] double exponential(double uniform) noexcept;

/// Cosine and sine of 2π `uniform`, a uniformly random direction in the plane.
[[nodiscard]] std::array<double, 2> direction(double uniform) noexcept;

}  // namespace shearwater
