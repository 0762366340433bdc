#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <shearwater/core/lanes.hpp>

/// A storage format of four bytes for upper bounds ≥ 0: the upper half of a double, rounded up. It has the range of doubles and 20 binary digits
/// after the leading one. The number read back is never smaller than the number stored, and larger by at most 2^-20 (1e-6) of it. Zero, infinity and
/// NaN are preserved.
namespace shearwater {

/// The number that `bits` represents.
[[nodiscard]] inline double from_rounded_up(std::uint32_t bits) noexcept
{
    const auto whole = std::uint64_t{bits} << 32;
    double value = 0.0;
    std::memcpy(&value, &whole, sizeof value);
    return value;
}

/// Loads eight numbers.
SHEARWATER_INLINE Lanes load_rounded_up(const std::uint32_t* from) noexcept
{
    WordLanes words;
    std::memcpy(&words, from, sizeof words);
    const IntegerLanes bits = __builtin_convertvector(words, IntegerLanes) << 32;
    Lanes value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// Stores eight numbers, rounded up, and returns the rounded values. @param values  ≥ 0, infinite or NaN
SHEARWATER_INLINE Lanes store_rounded_up(std::uint32_t* to, Lanes values) noexcept
{
    // Every NaN is replaced by the quiet NaN, because rounding up would carry the NaN with the largest payload into the sign bit.
    values = values == values ? values : broadcast(std::numeric_limits<double>::quiet_NaN());
    IntegerLanes bits;
    std::memcpy(&bits, &values, sizeof bits);
    const WordLanes words = __builtin_convertvector((bits + 0xffffffff) >> 32, WordLanes);
    std::memcpy(to, &words, sizeof words);
    return load_rounded_up(to);
}

}  // namespace shearwater
