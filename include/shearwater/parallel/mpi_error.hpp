#pragma once

namespace shearwater {

/// Checks the return code of an MPI call. @throws RunError with MPI's error string if `code` is not MPI_SUCCESS
void check_mpi(int code, const char* call);

}  // namespace shearwater
