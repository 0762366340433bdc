#pragma once

#include <cstdint>

#include <shearwater/core/archive.hpp>

namespace shearwater {

/// What one rank has exchanged with others. PETSc's own exchange is not counted.
struct Traffic {
    std::int64_t messages = 0;     ///< sent to another rank, within a collective exchange or not
    std::int64_t bytes = 0;        ///< in those messages, and handed to reductions
    std::int64_t collectives = 0;  ///< reductions and collective exchanges
    double seconds = 0.0;          ///< in exchanges that are timed, waiting included

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

    /// Lists the counts; times are not part of the state.
    void visit(Archive& archive)
    {
        archive("messages", messages);
        archive("bytes", bytes);
        archive("collectives", collectives);
    }
};

}  // namespace shearwater
