#pragma once

#include <cstdint>

#include <shearwater/core/archive.hpp>

namespace shearwater {

/// Counts of the communication of one rank. Communication inside PETSc is not counted.
struct Traffic {
    std::int64_t messages = 0;     ///< messages sent to other ranks, within collective exchanges too
    std::int64_t bytes = 0;        ///< bytes in those messages and in the arguments of reductions
    std::int64_t collectives = 0;  ///< number of reductions and collective exchanges
    double seconds = 0.0;          ///< time spent in timed exchanges, waiting included [s]

    Traffic& operator+=(const Traffic& other) noexcept
    {
        messages += other.messages;
        bytes += other.bytes;
        collectives += other.collectives;
        seconds += other.seconds;
        return *this;
    }
    Traffic& operator-=(const Traffic& other) noexcept
    {
        messages -= other.messages;
        bytes -= other.bytes;
        collectives -= other.collectives;
        seconds -= other.seconds;
        return *this;
    }

    /// Visits the counts (core/archive.hpp). Times are not part of the state.
    void visit(Archive& archive)
    {
        archive("messages", messages);
        archive("bytes", bytes);
        archive("collectives", collectives);
    }
};

}  // namespace shearwater
