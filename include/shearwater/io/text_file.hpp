#pragma once

#include <filesystem>
#include <string>

#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Reads a deck on rank 0 and returns its text on every rank. Collective. @throws InputError, the same on every rank, if the file cannot be read
[[nodiscard]] std::string read_text(const Communicator& comm, const std::filesystem::path& path);

/// Writes a text file, which appears under its name only when it is complete. To be called on one rank.
/// @throws RunError that names the file and the reason; no part of the file is left then
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace shearwater
