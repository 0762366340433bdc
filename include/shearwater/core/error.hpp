#pragma once

#include <stdexcept>
#include <string>

namespace shearwater {

/// What went wrong, in the words of the user: the problem, why it is one, and what to do.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The user's input is at fault (deck, command line, output folder): found before any work is done.
class InputError : public Error {
  public:
    using Error::Error;
};

/// The run cannot go on (a solver diverged, a number is not finite, a check failed).
class RunError : public Error {
  public:
    using Error::Error;
};

/// A contract between parts of the program is broken: a bug, never the user's fault.
[[noreturn]] void contract_violation(const char* condition, const char* file, int line);

}  // namespace shearwater

/// States what a caller must provide; a violation throws std::logic_error naming the place.
#define SHEARWATER_EXPECTS(condition) ((condition) ? static_cast<void>(0) : ::shearwater::contract_violation(#condition, __FILE__, __LINE__))
