#pragma once

#include <utility>
#include <vector>

#include <mpi.h>

namespace shearwater {

/// A message sent or received without blocking, with the buffer that MPI uses until the request is complete.
///
/// If the message is destroyed while its request is pending, as happens when an exception unwinds, the buffer is deliberately leaked, because MPI may
/// still read or write it.
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
    MPI_Request request = MPI_REQUEST_NULL;  ///< null if the message is complete or has not been started
};

}  // namespace shearwater
