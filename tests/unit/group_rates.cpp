#include <shearwater/glass/group_rates.hpp>

#include <cmath>
#include <random>
#include <vector>

#include "support.hpp"

using namespace shearwater;

namespace {

constexpr int modes = 6;
constexpr double thermal_energy = 0.025851999786;  ///< k_B T at 300 K [eV]
constexpr double volume = 0.49;                    ///< V [nm³]
constexpr double mean_barrier = 2.0;               ///< [eV]
constexpr double barrier_unit = 0.25 / 4096;       ///< [eV]
constexpr double strain_unit = 2e-5;
constexpr double temporary_factor = 78.0;  ///< κ_t
constexpr double relaxation = 1.6e-13;     ///< τ [s]

/// Eight voxels with arbitrary modes and histories, half of them never transformed.
template <int Dim>
struct EightVoxels {
    static constexpr int n = deviator_size<Dim>;
    std::vector<std::int16_t> strains = std::vector<std::int16_t>(modes * n * lane_count);
    std::vector<std::int16_t> barriers = std::vector<std::int16_t>(modes * lane_count);
    std::vector<std::int16_t> previous = std::vector<std::int16_t>(n * lane_count);
    std::vector<double> permanent = std::vector<double>(lane_count);
    std::vector<double> last_high = std::vector<double>(lane_count);
    std::vector<double> last_low = std::vector<double>(lane_count);
    SymmetricTensor<Dim> stress[lane_count];  ///< [GPa], with a pressure
    bool softened;

    explicit EightVoxels(bool some_softened) : softened(some_softened)
    {
        std::mt19937_64 random(11);
        std::normal_distribution<double> normal;
        const auto code = [&] { return static_cast<std::int16_t>(std::lrint(4000.0 * normal(random))); };
        for (auto& c : strains) c = code();
        for (auto& c : barriers) c = code();
        for (int lane = 0; lane < lane_count; ++lane) {
            for (double& component : stress[lane]) component = normal(random);
            if (!softened || lane % 2 == 1) continue;
            for (int a = 0; a < n; ++a) previous[a * lane_count + lane] = code();
            permanent[lane] = 0.05 * (lane + 1);
            last_high[lane] = 500.0;
            last_low[lane] = 1e-14 * lane;  // less than one double tells apart at 500
        }
    }

    [[nodiscard]] GroupState state(bool with_barriers) const
    {
        GroupState state{};
        state.strains = strains.data();
        state.barriers = with_barriers ? barriers.data() : nullptr;
        if (!softened) return state;
        state.previous = previous.data();
        state.permanent = permanent.data();
        state.last_high = last_high.data();
        state.last_low = last_low.data();
        return state;
    }

    [[nodiscard]] SymmetricTensor<Dim> strain(const std::vector<std::int16_t>& codes, int mode, int lane) const
    {
        Deviator<Dim> c{};
        for (int a = 0; a < n; ++a) c[a] = strain_unit * codes[(mode * n + a) * lane_count + lane];
        return from_deviator<Dim>(c);
    }

    /// Q by the STZ paper's Eqs. 8 and 10, with whole tensors [eV]. @param age  time since `last` [s]
    [[nodiscard]] double barrier(int mode, int lane, double age, bool with_barriers, bool directional, double stress_factor) const
    {
        const auto eps = strain(strains, mode, lane);
        const auto before = strain(previous, 0, lane);
        double aligned = 1.0;
        if (directional) {
            const double norms = contract<Dim>(eps, eps) * contract<Dim>(before, before);
            const double cosine = norms > 0.0 ? contract<Dim>(eps, before) / std::sqrt(norms) : 0.0;
            aligned = std::pow((1.0 + cosine) / 2.0, 2);
        }
        const double softening = permanent[lane] + temporary_factor * 0.5 * contract<Dim>(before, before) * std::exp(-age / relaxation);
        const double intrinsic = mean_barrier + (with_barriers ? barrier_unit * barriers[mode * lane_count + lane] : 0.0);
        // 1 GPa nm³ = 6.241509 eV.
        const double work = 0.5 * volume * stress_factor * contract<Dim>(stress[lane], eps) * 6.241509;
        return intrinsic * std::exp(-aligned * softening) - work;
    }
};

RateScales scales(bool directional)
{
    return {modes,
            0.5 * volume * 6.241509 * strain_unit / thermal_energy,
            mean_barrier / thermal_energy,
            barrier_unit / thermal_energy,
            1.0 / relaxation,
            directional,
            strain_unit,
            temporary_factor};
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("barriers of a lane group follow Eqs. 8 and 10 of the STZ paper", "[group_rates]", ((int Dim), Dim), 2, 3)
{
    constexpr int n = deviator_size<Dim>;
    const double now_low = 1.3e-13;  // ages of about τ, at 500 s
    for (const bool softened : {false, true})
        for (const bool with_barriers : {false, true})
            for (const bool directional : {false, true}) {
                CAPTURE(softened, with_barriers, directional);
                const EightVoxels<Dim> voxels(softened);
                Lanes begin[n];
                Lanes end[n];
                for (int lane = 0; lane < lane_count; ++lane) {
                    const auto stress = deviator<Dim>(voxels.stress[lane]);
                    for (int a = 0; a < n; ++a) {
                        begin[a][lane] = stress[a];
                        end[a][lane] = 1.5 * stress[a];
                    }
                }
                int visited = 0;
                double largest_error = 0.0;
                for_each_mode<Dim>(
                    scales(directional), voxels.state(with_barriers), begin, end, 500.0, now_low, [&](int mode, Lanes from_begin, Lanes from_end) {
                        REQUIRE(mode == visited++);
                        for (int lane = 0; lane < lane_count; ++lane) {
                            const auto expected = [&](double stress_factor) {
                                return -voxels.barrier(mode, lane, now_low - voxels.last_low[lane], with_barriers, directional, stress_factor) /
                                       thermal_energy;
                            };
                            largest_error =
                                std::max({largest_error, std::abs(from_begin[lane] - expected(1.0)), std::abs(from_end[lane] - expected(1.5))});
                        }
                    });
                CHECK(visited == modes);
                CHECK(largest_error < 1e-11);  // of about 80
            }
}
