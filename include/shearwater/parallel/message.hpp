#pragma once

#include <utility>
#include <vector>

#include <mpi.h>

namespace shearwater {

/// What a rank sends or receives without waiting for it: the values stay where they are until MPI no longer needs them.
///
/// While an exception unwinds nobody waits for the message. Its values are then never freed, as MPI may still read or write them.
template <class Value>
class Message {
  public:
    Message() = default;
    explicit Message(std::vector<Value> content) : values(std::move(content)) {}
    ~Message()
    {
        if (request != MPI_REQUEST_NULL) static_cast<void>(new std::vector<Value>(std::move(values)));
    }
    Message(Message&& other) noexcept : values(std::move(other.values)), request(std::exchange(other.request, MPI_REQUEST_NULL)) {}
    Message& operator=(Message&& other) noexcept
    {
        std::swap(values, other.values);
        std::swap(request, other.request);
        return *this;
    }
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    std::vector<Value> values;
    MPI_Request request = MPI_REQUEST_NULL;  ///< null when it has come, or is not on its way
};

}  // namespace shearwater
