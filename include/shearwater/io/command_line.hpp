#pragma once

#include <string>
#include <vector>

#include <shearwater/io/deck.hpp>

namespace shearwater {

/// The parsed command line.
struct CommandLine {
    enum class Task { Run, Check, DumpDeck, DumpReference, Help, Version };

    Task task = Task::Run;
    std::string deck;                        ///< path of the deck
    std::string section;                     ///< section in --help=section
    double walltime_minutes = 0.0;           ///< wall time before which the run must end [min]; 0 = no limit
    std::vector<Setting> overrides;          ///< settings --key=value
    std::vector<std::string> petsc_options;  ///< words with a single dash and their values, unchanged
};

/// Parses the command line: one DECK, options of the program with two dashes, and options of PETSc with a single dash and their values. The words -h,
/// -help, -v and -version belong to the program, too. Values of keys are taken literally, without interpreting quotes or escapes.
/// @param words  words without the name of the program
/// @throws InputError that names the word and says what to write instead
[[nodiscard]] CommandLine read_command_line(const std::vector<std::string>& words);

/// The text of --help. @param section  section whose keys are printed; if empty, usage and all keys are printed
/// @throws InputError for an unknown section
[[nodiscard]] std::string help_text(const std::string& section);

}  // namespace shearwater
