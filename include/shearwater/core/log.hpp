#pragma once

#include <cstdio>
#include <string>

namespace shearwater {

/// Where a part of the program says what the user should see. Every rank has one; only rank 0's prints, so that
/// code need not ask who it is.
class Log {
  public:
    /// @param stream  where lines go; nullptr keeps silent
    explicit Log(std::FILE* stream) : stream_(stream) {}

    /// Prints one line at once. A line that cannot be printed, to a full disk or a closed pipe, is lost, and the run goes on: results are files.
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
