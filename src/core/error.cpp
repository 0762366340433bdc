#include <shearwater/core/error.hpp>

#include <fmt/format.h>

namespace shearwater {

void contract_violation(const char* condition, const char* file, int line)
{
    throw std::logic_error(fmt::format("contract violated: {} ({}:{})", condition, file, line));
}

}  // namespace shearwater
