#pragma once

#include <cstdint>
#include <cstring>

/// Vectors of eight doubles.
///
/// The compiler lowers the type to the registers of the processor: one of AVX-512, two of AVX or four of SSE2.
/// Every lane undergoes the same IEEE operations in the same order, without fused multiply-add, so that a result
/// depends neither on the lane nor on the instruction set.
namespace shearwater {

inline constexpr int lane_count = 8;

using Lanes = double __attribute__((vector_size(lane_count * sizeof(double))));
using IntegerLanes = std::int64_t __attribute__((vector_size(lane_count * sizeof(std::int64_t))));
using WordLanes = std::int32_t __attribute__((vector_size(lane_count * sizeof(std::int32_t))));
using FloatLanes = float __attribute__((vector_size(lane_count * sizeof(float))));
using ShortLanes = std::int16_t __attribute__((vector_size(lane_count * sizeof(std::int16_t))));

#define SHEARWATER_INLINE inline __attribute__((always_inline))

SHEARWATER_INLINE Lanes load(const double* from) noexcept
{
    Lanes value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// Eight 16-bit integers as doubles.
SHEARWATER_INLINE Lanes load(const std::int16_t* from) noexcept
{
    ShortLanes value;
    std::memcpy(&value, from, sizeof value);
    // Processors have instructions for the conversion by way of 32 bits; compilers convert directly lane by lane.
    return __builtin_convertvector(__builtin_convertvector(value, WordLanes), Lanes);
}

/// Eight single-precision numbers.
SHEARWATER_INLINE Lanes load(const float* from) noexcept
{
    FloatLanes value;
    std::memcpy(&value, from, sizeof value);
    return __builtin_convertvector(value, Lanes);
}

SHEARWATER_INLINE void store(double* to, Lanes value) noexcept
{
    std::memcpy(to, &value, sizeof value);
}

/// Stores eight numbers rounded to single precision.
SHEARWATER_INLINE void store(float* to, Lanes value) noexcept
{
    const FloatLanes rounded = __builtin_convertvector(value, FloatLanes);
    std::memcpy(to, &rounded, sizeof rounded);
}

SHEARWATER_INLINE Lanes broadcast(double value) noexcept
{
    return value - Lanes{};
}

SHEARWATER_INLINE Lanes maximum(Lanes a, Lanes b) noexcept
{
    return a > b ? a : b;
}

SHEARWATER_INLINE Lanes minimum(Lanes a, Lanes b) noexcept
{
    return a < b ? a : b;
}

/// e^x of every lane, within 1 unit in the last place for −708 ≤ x ≤ 709. Smaller x are treated as −708 (result 3e-308), larger x and NaN as 709, so
/// that sums that must be finite have to be checked before they are passed to this function.
///
/// The argument is reduced to x = n ln 2 + r with |r| ≤ ½ ln 2, where ln 2 is split into two parts (W. J. Cody, W. Waite, Software Manual for the
/// Elementary Functions, Prentice-Hall (1980)). The Taylor series of e^r is summed to r^13; its remainder is below 2^-56.
SHEARWATER_INLINE Lanes exp(Lanes x) noexcept
{
    constexpr double log2_e = 1.4426950408889634;
    constexpr double ln2_high = 6.93147180369123816490e-01;
    constexpr double ln2_low = 1.90821492927058770002e-10;
    constexpr double round_to_integer = 0x1.8p52;
    constexpr double factorial[] = {1.0,    1.0,     2.0,      6.0,       24.0,       120.0,       720.0,
                                    5040.0, 40320.0, 362880.0, 3628800.0, 39916800.0, 479001600.0, 6227020800.0};
    x = maximum(minimum(x, broadcast(709.0)), broadcast(-708.0));
    const Lanes shifted = x * log2_e + round_to_integer;
    const Lanes n = shifted - round_to_integer;
    const Lanes r = (x - n * ln2_high) - n * ln2_low;
    // Estrin's scheme evaluates pairs, fours and eights of terms independently; Horner's scheme would be a chain of 13 dependent operations.
    const auto pair = [&](int k) __attribute__((always_inline))
    {
        return 1.0 / factorial[k] + (1.0 / factorial[k + 1]) * r;
    };
    const Lanes r2 = r * r;
    const Lanes r4 = r2 * r2;
    const Lanes low = (pair(2) + pair(4) * r2) + (pair(6) + pair(8) * r2) * r4;
    const Lanes high = pair(10) + pair(12) * r2;
    // The largest terms are added last, so that only their rounding matters.
    Lanes sum = 1.0 + (r + r2 * (low + high * (r4 * r4)));
    IntegerLanes exponent;
    std::memcpy(&exponent, &shifted, sizeof exponent);
    IntegerLanes bits;
    std::memcpy(&bits, &sum, sizeof bits);
    bits += exponent << 52;
    std::memcpy(&sum, &bits, sizeof sum);
    return sum;
}

/// e^x of one number, bitwise identical to the result of every lane of `exp(Lanes)`.
[[nodiscard]] double exponential_function(double x) noexcept;

/// Natural logarithm of a number above 0, bitwise identical on every processor (SLEEF's deterministic function).
[[nodiscard]] double logarithm(double x) noexcept;

}  // namespace shearwater
