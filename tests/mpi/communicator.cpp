#include <utility>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

TEST_CASE("a moved communicator leaves nothing behind and is freed once", "[mpi]")
{
    Communicator first(world().get());
    const MPI_Comm handle = first.get();
    Communicator second(std::move(first));
    CHECK(first.get() == MPI_COMM_NULL);
    CHECK(second.get() == handle);
    CHECK(second.size() == world().size());
}

TEST_CASE("an exact sum does not depend on how values are spread over ranks", "[mpi]")
{
    std::vector<double> mine;
    double serial = 0.0;
    for (int i = 0; i < 1000; ++i) {
        const double value = std::ldexp(1.0 + i * 1e-3, i % 80 - 40);
        serial += value;
        if (i % world().size() == world().rank()) mine.push_back(value);
    }
    const double parallel = exact_sum(world(), mine);
    std::vector<double> all;
    for (int i = 0; i < 1000; ++i) all.push_back(std::ldexp(1.0 + i * 1e-3, i % 80 - 40));
    const double alone = exact_sum(world(), world().is_root() ? std::span<const double>(all) : std::span<const double>());
    REQUIRE(test::everywhere(parallel == alone));
    REQUIRE(parallel == Approx(serial).epsilon(1e-12));
}

TEST_CASE("an error of one rank becomes the error of all", "[mpi]")
{
    const bool last = world().rank() == world().size() - 1;
    CHECK_THROWS_WITH(agree_on_success(world(), last ? "the disk is full" : ""), "the disk is full");
    CHECK_NOTHROW(agree_on_success(world(), ""));
}
