#pragma once

#include <string>
#include <vector>

#include <shearwater/parallel/session.hpp>

namespace shearwater {

/// The whole program: command line, deck, run. Collective.
///
/// @param words  the command line without the program's name
/// @return exit status: 0 done, 1 the run failed, 2 the input is at fault (then nothing was written)
int run(const MpiSession& session, const std::vector<std::string>& words);

}  // namespace shearwater
