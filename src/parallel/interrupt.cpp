#include <shearwater/parallel/interrupt.hpp>

#include <mpi.h>

namespace shearwater {

bool Interrupt::is_due() const noexcept
{
    return is_armed() && MPI_Wtime() > time_;
}

bool Interrupt::is_overdue() const noexcept
{
    return is_armed() && MPI_Wtime() > time_ + grace_;
}

}  // namespace shearwater
