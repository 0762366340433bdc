#pragma once

#include <stdexcept>
#include <string>

namespace shearwater {

/// An error reported in the user's terms: the message states the problem, why it is one, and what to do.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The user's input (deck, command line or output folder) is at fault. It is thrown before any work is done.
class InputError : public Error {
  public:
    using Error::Error;
};

/// The run cannot continue: a solver diverged, a number is not finite, or a check failed.
class RunError : public Error {
  public:
    using Error::Error;
};

/// Throws std::logic_error. A violated contract between parts of the program is a bug, never the user's fault.
[[noreturn]] void contract_violation(const char* condition, const char* file, int line);

}  // namespace shearwater

/// Checks a precondition. If it does not hold, std::logic_error is thrown with the file and line.
#define SHEARWATER_EXPECTS(condition) ((condition) ? static_cast<void>(0) : ::shearwater::contract_violation(#condition, __FILE__, __LINE__))
