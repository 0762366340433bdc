#include <shearwater/io/text_file.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/output_file.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Reads a file. @return '+' followed by the text, or '-' followed by the reason why the file cannot be read
std::string read_or_reason(const std::filesystem::path& path)
{
    namespace fs = std::filesystem;
    std::error_code error;
    const auto type = fs::status(path, error).type();
    if (type == fs::file_type::not_found || type == fs::file_type::none) return "-" + error.message();
    if (type == fs::file_type::directory) return "-is a folder";
    // Opening a pipe would block until another process writes to it, and reading a device may never end.
    if (type != fs::file_type::regular) return "-is a pipe or a device, not a file";
    std::ifstream file(path, std::ios::binary);
    if (!file) return "-" + std::string(std::strerror(errno));
    std::ostringstream text;
    // For an empty file this operator sets failbit, but not badbit.
    text << file.rdbuf();
    if (file.bad() || text.bad()) return "-" + std::string(std::strerror(errno));
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
    try {
        OutputFile file(temporary, OutputFile::Purpose::Grow);
        file.append(text);
        file.finish();
        put_in_place(temporary, path);
    } catch (const RunError&) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        throw;
    }
}

}  // namespace shearwater
