#pragma once

#include <filesystem>
#include <string>

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Text of a file, read by rank 0 and given to all. Collective. @throws InputError, the same on every rank, if it cannot be read
[[nodiscard]] std::string read_text(const Communicator& comm, const std::filesystem::path& path);

/// Writes a text file so that it appears under its name only when complete. By one rank. @throws RunError that names the file and the reason;
/// then nothing is left of it
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace shearwater
