#pragma once

#include <exception>

namespace shearwater {

/// What may end the work of the ranks of a communicator before it is done: that the time is up.
///
/// A rank may ask at any time and alone, and then stop computing what it computes by itself. But it leaves what it does together with others only when all
/// have agreed to: where the answer travels in a reduction that is made anyway, or in `leave_if_due`. Once it is due on a rank it stays so.
class Interrupt {
  public:
    /// From now on work is to end at a time in MPI_Wtime's seconds, which may lie in the past or before the clock began. To be called on all ranks, whose
    /// clocks and times may differ.
    /// @param grace  seconds that what cannot be left without loss may take longer
    void end_at(double time, double grace = 0.0) noexcept
    {
        is_armed_ = true;
        time_ = time;
        grace_ = grace;
    }
    /// From now on nothing ends work. To be called on all ranks.
    void disarm() noexcept { is_armed_ = false; }

    /// Whether work may have to end at all: the same on all ranks.
    [[nodiscard]] bool is_armed() const noexcept { return is_armed_; }

    /// Whether it must end now, by the clock of this rank. Takes some 20 ns.
    [[nodiscard]] bool is_due() const noexcept;
    /// Whether the grace is over, too.
    [[nodiscard]] bool is_overdue() const noexcept;

  private:
    bool is_armed_ = false;
    double time_ = 0.0;
    double grace_ = 0.0;
};

/// All ranks have agreed to leave what they were doing.
class Interrupted : public std::exception {
  public:
    /// @param state_is_whole  whether nothing was left half done, so that fields can still be written
    explicit Interrupted(bool state_is_whole) noexcept : state_is_whole_(state_is_whole) {}

    [[nodiscard]] bool state_is_whole() const noexcept { return state_is_whole_; }
    [[nodiscard]] const char* what() const noexcept override { return "the time is up"; }

  private:
    bool state_is_whole_;
};

}  // namespace shearwater
