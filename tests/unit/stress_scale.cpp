#include <shearwater/core/constants.hpp>
#include <shearwater/stz/options.hpp>

#include "support.hpp"

using namespace shearwater;

TEST_CASE("The stress scale is exactly 1 with the default parameters, so that their events do not depend on it")
{
    REQUIRE(thermal_stress_scale({}, {}) == 1.0);
}

TEST_CASE("The work of the scaled stress on a typical mode is the same part of k_B T at all temperatures, volumes and strains")
{
    // ½ V σ γ*/k_B T of 1 GPa times the scale.
    const auto part = [](const ActivationOptions& activation, const CatalogueOptions& catalogue) {
        const double work = 0.5 * activation.volume * electronvolt_per_gpa_nm3 * thermal_stress_scale(activation, catalogue) * catalogue.strain;
        return work / (boltzmann * activation.temperature);
    };
    for (const double temperature : {1.0, 77.0, 300.0, 3000.0})
        for (const double volume : {0.01, 0.343, 1.5})
            for (const double strain : {0.02, 0.14, 0.5}) {
                ActivationOptions activation;
                activation.temperature = temperature;
                activation.volume = volume;
                CatalogueOptions catalogue;
                catalogue.strain = strain;
                REQUIRE(part(activation, catalogue) == Approx(part({}, {})).epsilon(1e-14));
            }
}
