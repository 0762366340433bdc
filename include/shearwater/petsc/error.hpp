#pragma once

#include <petscsys.h>

namespace shearwater {

/// Checks the error code of a PETSc call. @throws RunError with PETSc's message if `code` is not 0
void check_petsc(PetscErrorCode code, const char* call);

}  // namespace shearwater

/// Calls a PETSc function and throws RunError if it returns an error code.
#define SHEARWATER_PETSC(call) ::shearwater::check_petsc((call), #call)
