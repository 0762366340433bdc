#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <shearwater/core/lanes.hpp>

/// Numbers ≥ 0 in four bytes, for bounds: the upper half of a double, rounded up. They keep the range of doubles and 20 binary digits behind the
/// leading one, so that what comes back is at most 2^-20 (1e-6) larger than what went in, and never smaller; zero, infinity and NaN stay.
namespace shearwater {

/// The number `bits` stands for.
[[nodiscard]] inline double from_rounded_up(std::uint32_t bits) noexcept
{
    const auto whole = std::uint64_t{bits} << 32;
    double value = 0.0;
    std::memcpy(&value, &whole, sizeof value);
    return value;
}

/// Eight of them.
SHEARWATER_INLINE Lanes load_rounded_up(const std::uint32_t* from) noexcept
{
    WordLanes words;
    std::memcpy(&words, from, sizeof words);
    const IntegerLanes bits = __builtin_convertvector(words, IntegerLanes) << 32;
    Lanes value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// Stores eight numbers and returns what they have become. @param values  ≥ 0, infinite or NaN
SHEARWATER_INLINE Lanes store_rounded_up(std::uint32_t* to, Lanes values) noexcept
{
    // One NaN for all, as rounding up carries that with the largest payload over into the sign.
    values = values == values ? values : broadcast(std::numeric_limits<double>::quiet_NaN());
    IntegerLanes bits;
    std::memcpy(&bits, &values, sizeof bits);
    const WordLanes words = __builtin_convertvector((bits + 0xffffffff) >> 32, WordLanes);
    std::memcpy(to, &words, sizeof words);
    return load_rounded_up(to);
}

}  // namespace shearwater
