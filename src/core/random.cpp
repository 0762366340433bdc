#include <shearwater/core/random.hpp>

#include <cmath>

#include <Random123/philox.h>
#include <sleef.h>

#include <shearwater/core/lanes.hpp>

namespace shearwater {

// The functions Sleef_cinz_… of SLEEF are deterministic: their results are bitwise identical on every processor and in every instruction set.
namespace {

/// Maps 64 random bits to a double in (0, 1]. It is never 0, so that its logarithm is finite.
double to_unit_interval(std::uint32_t low, std::uint32_t high) noexcept
{
    const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32) | low;
    return static_cast<double>((bits >> 11) + 1) * 0x1p-53;
}

}  // namespace

std::array<double, 2> uniform_pair(const DrawKey& key) noexcept
{
    using Generator = r123::Philox4x32;
    const Generator::ctr_type counter{{
        static_cast<std::uint32_t>(key.item),
        (static_cast<std::uint32_t>(key.item >> 32) << 24) | (key.index << 8) | static_cast<std::uint32_t>(key.purpose),
        static_cast<std::uint32_t>(key.epoch),
        static_cast<std::uint32_t>(key.epoch >> 32),
    }};
    const Generator::key_type seed{{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)}};
    const auto random = Generator{}(counter, seed);
    return {to_unit_interval(random[0], random[1]), to_unit_interval(random[2], random[3])};
}

std::array<double, 2> normal_pair(const DrawKey& key) noexcept
{
    const auto [radius, angle] = uniform_pair(key);
    const double length = std::sqrt(2.0 * exponential(radius));
    const auto [cosine, sine] = direction(angle);
    return {length * cosine, length * sine};
}

double exponential(double uniform) noexcept
{
    return -logarithm(uniform);
}

std::array<double, 2> direction(double uniform) noexcept
{
    constexpr double two_pi = 6.283185307179586476925286766559;
    const auto value = Sleef_cinz_sincosd1_u10purec(two_pi * uniform);
    return {value.y, value.x};
}

}  // namespace shearwater
