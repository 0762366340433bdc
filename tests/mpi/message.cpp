// A message on its way when an exception unwinds.

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <shearwater/parallel/message.hpp>

#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr int length = 1 << 20;  // so long that MPI leaves it where it is until the receiver comes

/// Sends without waiting, and then fails.
void send_and_fail(const Communicator& comm)
{
    Message<double> message(std::vector<double>(length, 7.0));
    MPI_Isend(message.values.data(), length, MPI_DOUBLE, 1, 0, comm.get(), &message.request);
    throw std::runtime_error("no more memory");
}

}  // namespace

TEST_CASE("what was sent stays as it was when the sender fails before it has come", "[message]")
{
    if (world().size() == 1) return;
    const Communicator comm(world().get());
    bool is_right = true;
    if (comm.rank() == 0) {
        CHECK_THROWS(send_and_fail(comm));
        // What has been freed is used again.
        std::vector<std::vector<double>> others(4, std::vector<double>(length, -1.0));
        MPI_Barrier(comm.get());
        is_right = others.back().back() == -1.0;
    } else {
        MPI_Barrier(comm.get());
        if (comm.rank() == 1) {
            std::vector<double> received(length);
            MPI_Recv(received.data(), length, MPI_DOUBLE, 0, 0, comm.get(), MPI_STATUS_IGNORE);
            is_right = std::all_of(received.begin(), received.end(), [](double value) { return value == 7.0; });
        }
    }
    REQUIRE(everywhere(is_right));
}

TEST_CASE("a message that has come is freed as usual, and one that is moved is waited for once", "[message]")
{
    const Communicator comm(world().get());
    const int next = (comm.rank() + 1) % comm.size();
    Message<double> sent(std::vector<double>(3, comm.rank()));
    MPI_Isend(sent.values.data(), 3, MPI_DOUBLE, next, 0, comm.get(), &sent.request);
    Message<double> moved(std::move(sent));
    REQUIRE(sent.request == MPI_REQUEST_NULL);
    std::vector<double> received(3);
    MPI_Recv(received.data(), 3, MPI_DOUBLE, MPI_ANY_SOURCE, 0, comm.get(), MPI_STATUS_IGNORE);
    MPI_Wait(&moved.request, MPI_STATUS_IGNORE);
    REQUIRE(everywhere(moved.request == MPI_REQUEST_NULL && received[0] == (comm.rank() + comm.size() - 1) % comm.size()));
}
