#include <shearwater/core/exact_sum.hpp>

#include <cmath>

namespace shearwater {

__extension__ using Wide = unsigned __int128;

void ExactSum::add(double value) noexcept
{
    if (value <= 0.0) return;
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
    const int position = exponent - 53 - lowest_exponent;
    if (position <= -64) return;
    const auto shifted = position >= 0 ? static_cast<Wide>(mantissa) << (position % 32) : static_cast<Wide>(mantissa >> -position);
    const int word = position >= 0 ? position / 32 : 0;
    constexpr std::uint64_t mask = 0xffffffff;
    for (int i = 0; i < 3 && word + i < words; ++i)
        digits_[word + i] += static_cast<std::int64_t>(static_cast<std::uint64_t>(shifted >> (32 * i)) & mask);
}

double ExactSum::value() const noexcept
{
    std::array<std::int64_t, words> normal = digits_;
    for (int i = 0; i + 1 < words; ++i) {
        normal[i + 1] += normal[i] >> 32;
        normal[i] &= 0xffffffff;
    }
    double sum = 0.0;
    for (int i = words - 1; i >= 0; --i) sum += std::ldexp(static_cast<double>(normal[i]), 32 * i + lowest_exponent);
    return sum;
}

}  // namespace shearwater
