#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/lattice/grid.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Moves a field from one distribution over ranks to another: each rank has a box before and a box after.
///
/// The boxes before must cover the grid once; those after may overlap (a value then goes to all that want it) or leave
/// parts out. Both may be wider than the grid: what lies outside is neither read nor written. Values are only copied. The plan keeps no
/// field; several fields may use one plan. Ranks exchange with a few others at a time, so that the memory for it is 1 MiB or that of
/// the largest part that goes from one rank to another, not of the field.
template <int Dim>
class Remap {
  public:
    /// @param from  box of each rank before, the same list on every rank
    /// @param to    box of each rank after
    /// Keeps a reference to `comm`. Not collective: every rank derives its part.
    Remap(const Communicator& comm, const std::vector<Box<Dim>>& from, const std::vector<Box<Dim>>& to);

    /// Collective. @param source  values of this rank's box before, x fastest  @param target  of its box after; may be `source` itself if
    /// the boxes are the same
    void execute(std::span<const double> source, std::span<double> target);
    void execute(std::span<const std::complex<double>> source, std::span<std::complex<double>> target);

    /// Whether the boxes before and after are the same, so that no rank has to send anything.
    [[nodiscard]] bool is_identity() const noexcept { return identity_; }

    /// What this rank has sent to others so far.
    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

  private:
    template <class Value>
    void move(std::span<const Value> source, std::span<Value> target);
    [[nodiscard]] int receiver(int step) const noexcept;
    [[nodiscard]] int sender(int step) const noexcept;
    [[nodiscard]] int end_of_steps(int begin, std::int64_t most) const noexcept;
    template <class Value>
    [[nodiscard]] int exchange(int begin, std::span<const Value> source, std::span<Value> target);

    const Communicator& comm_;
    Box<Dim> mine_from_;
    Box<Dim> mine_to_;
    bool identity_;
    std::vector<Box<Dim>> sends_;  ///< for each rank, what it gets from here
    std::vector<Box<Dim>> receives_;
    Traffic traffic_;
};

}  // namespace shearwater
