#pragma once

#include <string>
#include <vector>

#include <shearwater/parallel/session.hpp>

namespace shearwater {

/// The whole program: reads the command line and the deck, and carries out the run. Collective.
///
/// @param words  words of the command line without the name of the program
/// @return exit status: 0 = success; 1 = the run failed; 2 = the input is at fault, and nothing was written
int run(const MpiSession& session, const std::vector<std::string>& words);

}  // namespace shearwater
