#pragma once

#include <array>
#include <cstdint>

/// Counter-based random numbers (Philox-4x32-10; Salmon et al., SC'11; Random123).
///
/// A draw is a pure function of (seed, stream, counter): it needs no state, is the same on any number
/// of ranks and after any restart.
namespace shearwater {

/// What a stream of random numbers is used for; streams of different purposes never overlap.
enum class Purpose : std::uint32_t {
    ModeStrain = 1,   ///< strain coefficients of a mode
    ModeBarrier = 2,  ///< intrinsic barrier of a mode
    Waiting = 3,      ///< candidates of a tile: waiting time, place and mode
    Acceptance = 4,   ///< candidates of a tile: acceptance
    Moduli = 5,       ///< elastic moduli of a voxel
    Colours = 6,      ///< order of colours in a sweep
    Sample = 7,       ///< events whose error is measured
};

/// The address of a draw. `item` is a voxel or a tile, `index` a mode or a draw within a step, `epoch` a
/// generation or a step.
struct DrawKey {
    std::uint64_t seed;
    Purpose purpose;      ///< below 2^8
    std::uint64_t item;   ///< below 2^40
    std::uint32_t index;  ///< below 2^16
    std::uint64_t epoch;  ///< below 2^56
};

/// Two uniform doubles in (0, 1], each with 53 random bits. Errors: none; a pure function.
[[nodiscard]] std::array<double, 2> uniform_pair(const DrawKey& key) noexcept;

/// Two independent standard normal numbers (Box–Muller). Errors: none; a pure function.
[[nodiscard]] std::array<double, 2> normal_pair(const DrawKey& key) noexcept;

/// The waiting time to the next event of a Poisson process of rate 1 that goes with a uniform number in (0, 1].
[[nodiscard]] double exponential(double uniform) noexcept;

/// cos and sin of 2π u.
[[nodiscard]] std::array<double, 2> direction(double uniform) noexcept;

}  // namespace shearwater
