#include <shearwater/core/tensor.hpp>

#include "support.hpp"

using namespace shearwater;

TEMPLATE_TEST_CASE_SIG("basis deviators are orthonormal, traceless and invert each other", "[tensor]", ((int Dim), Dim), 2, 3)
{
    for (int a = 0; a < deviator_size<Dim>; ++a) {
        const auto basis = basis_tensor<Dim>(a);
        CHECK(mean_diagonal<Dim>(basis) == Approx(0.0).margin(1e-15));
        for (int b = 0; b < deviator_size<Dim>; ++b) CHECK(contract<Dim>(basis, basis_tensor<Dim>(b)) == Approx(a == b).margin(1e-15));
        Deviator<Dim> unit{};
        unit[a] = 1.0;
        CHECK(deviator<Dim>(from_deviator<Dim>(unit))[a] == Approx(1.0));
    }
}

TEST_CASE("a simple shear of gamma has von Mises strain gamma/2 and squared norm gamma^2/2", "[tensor]")
{
    const SymmetricTensor<2> shear{0.0, 0.0, 0.07};
    CHECK(von_mises_strain(deviator<2>(shear)) == Approx(0.07));
    CHECK(contract<2>(shear, shear) == Approx(0.14 * 0.14 / 2));
}
