#include <shearwater/petsc/error.hpp>

#include <string>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

void check_petsc(PetscErrorCode code, const char* call)
{
    if (code == 0) return;
    const char* text = nullptr;
    char* specific = nullptr;
    PetscErrorMessage(code, &text, &specific);
    throw RunError(fmt::format("PETSc: {} ({}) in {}", text != nullptr ? text : "error", specific != nullptr ? specific : "", call));
}

}  // namespace shearwater
