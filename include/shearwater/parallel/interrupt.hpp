#pragma once

#include <exception>

namespace shearwater {

/// A deadline that ends the work of the ranks of a communicator early.
///
/// A rank may query it at any time without the others, and then stop local work. It may leave collective work only after all ranks have agreed to:
/// the answer is combined in a reduction that is made anyway, or in `leave_if_due`. Once the interrupt is due on a rank it remains due.
class Interrupt {
  public:
    /// Sets the deadline. To be called on all ranks, whose clocks and deadlines may differ.
    /// @param time   in MPI_Wtime's seconds; it may lie in the past, or before the origin of the clock
    /// @param grace  additional time for work that cannot be abandoned without loss [s]
    void end_at(double time, double grace = 0.0) noexcept
    {
        is_armed_ = true;
        time_ = time;
        grace_ = grace;
    }
    /// Removes the deadline. To be called on all ranks.
    void disarm() noexcept { is_armed_ = false; }

    /// Whether there is a deadline; the same on all ranks.
    [[nodiscard]] bool is_armed() const noexcept { return is_armed_; }

    /// Whether the deadline has passed by the clock of this rank. Takes about 20 ns.
    [[nodiscard]] bool is_due() const noexcept;
    /// Whether the grace period has passed too.
    [[nodiscard]] bool is_overdue() const noexcept;

  private:
    bool is_armed_ = false;
    double time_ = 0.0;
    double grace_ = 0.0;
};

/// Thrown on all ranks after they have agreed to end their work early.
class Interrupted : public std::exception {
  public:
    /// @param state_is_whole  whether the state of the run is consistent, so that fields can still be written
    explicit Interrupted(bool state_is_whole) noexcept : state_is_whole_(state_is_whole) {}

    [[nodiscard]] bool state_is_whole() const noexcept { return state_is_whole_; }
    [[nodiscard]] const char* what() const noexcept override { return "the time is up"; }

  private:
    bool state_is_whole_;
};

}  // namespace shearwater
