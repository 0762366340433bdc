#include <shearwater/elasticity/solve/stress_check.hpp>

#include "support.hpp"

using namespace shearwater;

namespace {

template <int Dim>
Index<Dim> checked(const Index<Dim>& size, int elements, int ranks, const StressCheckLimits& limits = {})
{
    const Partition<Dim> partition(Grid<Dim>{size}, ranks);
    const auto chosen = checked_partition(partition, elements, limits);
    CHECK(chosen.ranks() == ranks);
    return chosen.grid().size;
}

}  // namespace

TEST_CASE("a cell of up to 2^22 elements is solved itself", "[stress_check]")
{
    CHECK(checked<2>({64, 64}, 4, 4) == Index<2>{64, 64});
    CHECK(checked<2>({512, 512}, 4, 1) == Index<2>{512, 512});
    CHECK(checked<3>({64, 64, 64}, 2, 1) == Index<3>{64, 64, 64});
}

TEST_CASE("a larger cell is checked on the largest folded cell of up to 2^16 elements", "[stress_check]")
{
    CHECK(checked<2>({1024, 1024}, 4, 1) == Index<2>{64, 64});
    CHECK(checked<2>({2048, 2048}, 4, 8) == Index<2>{64, 64});
    CHECK(checked<2>({1536, 1024}, 4, 1) == Index<2>{64, 64});
    CHECK(checked<2>({1000, 1000}, 4, 1) == Index<2>{40, 100});
    CHECK(checked<2>({1024, 1024}, 2, 1) == Index<2>{1024, 1024});
    CHECK(checked<3>({128, 128, 128}, 2, 4) == Index<3>{16, 16, 32});
}

TEST_CASE("an axis shorter than twice the shortest edge is not folded", "[stress_check]")
{
    CHECK(checked<3>({1024, 1024, 4}, 2, 1) == Index<3>{32, 64, 4});
    CHECK(checked<2>({64, 48}, 2, 3, {2048, 2048, 16}) == Index<2>{32, 16});
}

TEST_CASE("a size with few divisors leads to the smallest mesh there is", "[stress_check]")
{
    CHECK(checked<2>({2053, 2053}, 4, 1) == Index<2>{2053, 2053});
    CHECK(checked<2>({2053, 2048}, 4, 1) == Index<2>{2053, 16});
    CHECK(checked<2>({2 * 1031, 2 * 1031}, 4, 1) == Index<2>{2 * 1031, 2 * 1031});  // 1031² voxels are more than 2^22 elements
}

TEST_CASE("a folded cell has tiles for all ranks", "[stress_check]")
{
    CHECK(checked<2>({2048, 2048}, 4, 256) == Index<2>{128, 128});
    CHECK(checked<2>({2048, 2048}, 4, 1024) == Index<2>{256, 256});
    CHECK(checked<2>({2048, 2048}, 4, 8192) == Index<2>{2048, 2048});
}
