#pragma once

namespace shearwater {

/// Throws RunError with MPI's own words when `code` is not MPI_SUCCESS.
void check_mpi(int code, const char* call);

}  // namespace shearwater
