#pragma once

#include <string>
#include <vector>

#include <shearwater/io/deck.hpp>

namespace shearwater {

/// What the user asked for.
struct CommandLine {
    enum class Task { Run, Check, DumpDeck, DumpReference, Help, Version };

    Task task = Task::Run;
    std::string deck;                        ///< path
    std::string section;                     ///< of --help=section
    double walltime_minutes = 0.0;           ///< the run ends in time for it; 0 = no limit
    std::vector<Setting> overrides;          ///< --key=value
    std::vector<std::string> petsc_options;  ///< single-dash words and their values, as given
};

/// Sorts the words of the command line: one DECK, `--` options of the program, `-` options of PETSc with their values.
/// -h, -help, -v and -version are the program's too. Values of keys are taken as they are, without quotes or escapes.
/// @param words  without the program's name  @throws InputError naming the word and what to write
[[nodiscard]] CommandLine read_command_line(const std::vector<std::string>& words);

/// Text of --help.
[[nodiscard]] std::string help_text(const std::string& section);

}  // namespace shearwater
