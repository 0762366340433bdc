#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "support.hpp"

/// Statistical tests and the joint evaluation of a family of p-values.
namespace shearwater::test {

/// Significance level: the smallest adjusted p-value of a family must exceed it. Seeds are fixed, so that a test that has passed once keeps passing.
inline constexpr double significance = 1e-4;

/// p-values of a family of tests. The procedure of S. Holm, Scand. J. Stat. 6 (1979) 65, rejects none of m hypotheses if m times the smallest p-value
/// exceeds the significance level.
class PValues {
  public:
    void add(const std::string& what, double p) { named_.emplace_back(p, what); }

    [[nodiscard]] double smallest_adjusted() const
    {
        double smallest = 1.0;
        for (const auto& [p, what] : named_) smallest = std::min(smallest, std::isnan(p) ? 0.0 : p);
        return std::min(1.0, smallest * static_cast<double>(named_.size()));
    }

    /// All p-values, smallest first.
    [[nodiscard]] std::string report() const
    {
        auto sorted = named_;
        std::sort(sorted.begin(), sorted.end());
        std::string text = fmt::format("{} p-values:", named_.size());
        for (const auto& [p, what] : sorted) text += fmt::format("\n  {:.3g}  {}", p, what);
        return text;
    }

  private:
    std::vector<std::pair<double, std::string>> named_;
};

/// Distribution function of the standard normal distribution.
[[nodiscard]] inline double normal_cdf(double x)
{
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

/// Two-sided p-value of a standard normal deviate.
[[nodiscard]] inline double two_sided_p(double deviate)
{
    return std::erfc(std::abs(deviate) / std::sqrt(2.0));
}

/// p-value of the hypothesis that two samples of the same length are uncorrelated (normal approximation; 10^4 pairs and more).
[[nodiscard]] inline double correlation_p(const std::vector<double>& a, const std::vector<double>& b)
{
    const auto n = static_cast<double>(a.size());
    double mean_a = 0.0;
    double mean_b = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        mean_a += a[i] / n;
        mean_b += b[i] / n;
    }
    double aa = 0.0;
    double bb = 0.0;
    double ab = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
        ab += (a[i] - mean_a) * (b[i] - mean_b);
    }
    return two_sided_p(std::sqrt(n) * ab / std::sqrt(aa * bb));
}

/// p-value of the chi-square test of observed counts against given probabilities. It is 0 if a class of probability 0 is not empty.
[[nodiscard]] inline double proportions_p(const std::vector<std::int64_t>& counts, const std::vector<double>& probabilities)
{
    double total = 0.0;
    for (const auto count : counts) total += static_cast<double>(count);
    double statistic = 0.0;
    int classes = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (probabilities[i] <= 0.0) {
            if (counts[i] > 0) return 0.0;
            continue;
        }
        const double expected = total * probabilities[i];
        const double excess = static_cast<double>(counts[i]) - expected;
        statistic += excess * excess / expected;
        ++classes;
    }
    return chi_square_p(statistic, classes - 1.0);
}

/// p-value of the hypothesis that the pairs (a, b) are uniform on the unit square, by a chi-square test on 8 x 8 bins. The longer sample is
/// truncated.
[[nodiscard]] inline double contingency_p(const std::vector<double>& a, const std::vector<double>& b)
{
    constexpr int bins = 8;
    const auto bin = [](double u) { return std::clamp(static_cast<int>(u * bins), 0, bins - 1); };
    std::vector<std::int64_t> counts(bins * bins);
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) ++counts[bin(a[i]) * bins + bin(b[i])];
    return proportions_p(counts, std::vector<double>(bins * bins, 1.0 / (bins * bins)));
}

}  // namespace shearwater::test
