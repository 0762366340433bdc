#include "program.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include <unistd.h>

#include <shearwater/core/error.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater::test {

std::int64_t take_count(std::vector<std::string>& words, const std::string& name, std::int64_t otherwise)
{
    const std::string option = "--" + name + "=";
    const auto found = std::find_if(words.begin(), words.end(), [&](const std::string& word) { return word.starts_with(option); });
    if (found == words.end()) return otherwise;
    const std::int64_t count = std::atoll(found->c_str() + option.size());
    words.erase(found);
    if (count < 1) throw InputError(option + ": write a whole number above 0, e.g. " + option + "100");
    return count;
}

TemporaryFolder::TemporaryFolder(const Communicator& comm) : comm_(comm)
{
    std::string name =
        (std::filesystem::temp_directory_path() / ("shearwater_" + std::string(6, 'X'))).string();  // mkdtemp replaces the last six characters.
    if (comm.is_root() && ::mkdtemp(name.data()) == nullptr) name.clear();
    path_ = broadcast(comm, name);
    if (path_.empty()) throw std::runtime_error("no folder can be made in " + std::filesystem::temp_directory_path().string());
}

TemporaryFolder::~TemporaryFolder()
{
    // While an exception unwinds, the other ranks may never call this.
    if (std::uncaught_exceptions() == 0) MPI_Barrier(comm_.get());
    std::error_code ignored;
    if (comm_.is_root()) std::filesystem::remove_all(path_, ignored);
}

Program::Program(const MpiSession& session, const std::vector<std::string>& words)
    : comm_(session.world()),
      line_(read_command_line(words)),
      options_(resolve(read_deck(read_text(comm_, line_.deck), line_.deck), line_.overrides)),
      petsc_(comm_, line_.petsc_options),
      folder_(comm_),
      log_(comm_.is_root() ? stdout : nullptr)
{
    options_.output.folder = folder_.path();
}

}  // namespace shearwater::test
