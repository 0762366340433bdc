#include <shearwater/parallel/mpi_error.hpp>

#include <array>

#include <fmt/format.h>
#include <mpi.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

void check_mpi(int code, const char* call)
{
    if (code == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    throw RunError(fmt::format("{} failed: {}", call, std::string(text.data(), length)));
}

}  // namespace shearwater
