#include <cstddef>
#include <fstream>
#include <numeric>
#include <vector>

#include <unistd.h>

#include "support.hpp"

#if defined(__GLIBC__) && !defined(SHEARWATER_SANITIZED)

namespace {

/// Memory of this process that is in use [bytes].
double resident_bytes()
{
    double size = 0.0;
    double resident = 0.0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("Large fields are returned to the system when they are freed, although SuperLU_DIST forbids it when it is loaded")
{
    constexpr std::size_t numbers = std::size_t{1} << 23;
    constexpr double bytes = numbers * sizeof(double);
    const double before = resident_bytes();
    double sum = 0.0;
    {
        std::vector<double> field(numbers, 1.0);
        std::iota(field.begin(), field.end(), 0.0);
        sum = std::accumulate(field.begin(), field.end(), 0.0);
        CHECK(resident_bytes() - before > 0.9 * bytes);
    }
    CHECK(sum > 0.0);
    CHECK(resident_bytes() - before < 0.1 * bytes);
}

#endif
