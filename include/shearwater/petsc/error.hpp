#pragma once

#include <petscsys.h>

namespace shearwater {

/// Throws RunError with PETSc's message when `code` is not 0.
void check_petsc(PetscErrorCode code, const char* call);

}  // namespace shearwater

/// Calls a PETSc function and throws RunError if it fails.
#define SHEARWATER_PETSC(call) ::shearwater::check_petsc((call), #call)
