#include <shearwater/io/text_file.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/hdf5/file.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// The first character tells whether the rest is the text or the reason why there is none.
std::string read_or_reason(const std::filesystem::path& path)
{
    if (std::filesystem::is_directory(path)) return "-is a folder";
    std::ifstream file(path, std::ios::binary);
    if (!file) return "-" + std::string(std::strerror(errno));
    std::ostringstream text;
    text << file.rdbuf();
    return "+" + text.str();
}

}  // namespace

std::string read_text(const Communicator& comm, const std::filesystem::path& path)
{
    const auto answer = broadcast(comm, comm.is_root() ? read_or_reason(path) : "");
    if (answer.front() == '-')
        throw InputError(fmt::format("{}: the deck cannot be read: {}; check the path, or start from shearwater --dump-deck (command line)",
                                     path.string(), answer.substr(1)));
    return answer.substr(1);
}

void write_text(const std::filesystem::path& path, const std::string& text)
{
    const std::filesystem::path temporary = path.string() + ".tmp";
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw RunError(fmt::format("{}: cannot be written; is the disk full or the folder not writable?", temporary.string()));
    put_in_place(temporary, path);
}

}  // namespace shearwater
