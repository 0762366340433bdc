#include <shearwater/parallel/session.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <mpi.h>

namespace shearwater {

void ignore_write_signals() noexcept
{
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

MpiSession::MpiSession(int& argc, char**& argv)
{
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    start_ = MPI_Wtime();
    MPI_Comm_dup(MPI_COMM_WORLD, &meeting_);
    ignore_write_signals();
}

MpiSession::~MpiSession()
{
    MPI_Comm_free(&meeting_);
    MPI_Finalize();
}

bool MpiSession::all_arrive(double seconds) const
{
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibarrier(meeting_, &request);
    const double deadline = MPI_Wtime() + seconds;
    int done = 0;
    while (done == 0 && MPI_Wtime() < deadline) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return done != 0;
}

void MpiSession::abort(int status) noexcept
{
    MPI_Abort(MPI_COMM_WORLD, status);
    std::abort();
}

Communicator MpiSession::world() const
{
    return Communicator(MPI_COMM_WORLD);
}

}  // namespace shearwater
