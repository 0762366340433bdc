#pragma once

#include <cstdio>
#include <string>

namespace shearwater {

/// Prints messages for the user. Every rank has a log, but only that of rank 0 prints, so that callers need not ask for their rank.
class Log {
  public:
    /// @param stream  stream to which lines are printed; nullptr prints nothing
    explicit Log(std::FILE* stream) : stream_(stream) {}

    /// Prints one line and flushes the stream. A line that cannot be printed (full disk, closed pipe) is lost and the run continues, because its
    /// results are files.
    void line(const std::string& text) const
    {
        if (stream_ == nullptr) return;
        std::fputs((text + "\n").c_str(), stream_);
        std::fflush(stream_);
    }

    /// Whether a line was lost.
    [[nodiscard]] bool has_failed() const { return stream_ != nullptr && std::ferror(stream_) != 0; }

  private:
    std::FILE* stream_;
};

}  // namespace shearwater
