#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/lattice/grid.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Redistributes a field from one partition among ranks to another. Each rank has a source box and a target box.
///
/// The source boxes must cover the grid once. The target boxes may overlap, in which case a value is sent to several ranks, and need not cover the
/// grid. Both may extend beyond the grid; values outside are neither read nor written. The plan holds no field data and may be used for several
/// fields. A rank exchanges with a few others at a time, so that buffers take 1 MiB or the size of the largest single message, whichever is larger.
template <int Dim>
class Remap {
  public:
    /// Plans the exchange. Not collective, since every rank derives its part from the lists. Keeps a reference to `comm`.
    /// @param from  source boxes of all ranks, the same on every rank
    /// @param to    target boxes of all ranks, the same on every rank
    Remap(const Communicator& comm, const std::vector<Box<Dim>>& from, const std::vector<Box<Dim>>& to);

    /// Redistributes a field. Collective.
    /// @param source  values of this rank's source box, x fastest
    /// @param target  values of its target box, x fastest; it may be `source` itself if `is_identity`
    void execute(std::span<const double> source, std::span<double> target);
    void execute(std::span<const std::complex<double>> source, std::span<std::complex<double>> target);

    /// Whether source and target boxes are the same on all ranks, so that no messages are sent.
    [[nodiscard]] bool is_identity() const noexcept { return identity_; }

    /// Communication of this rank so far.
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
    std::vector<Box<Dim>> sends_;     ///< parts that this rank sends to each rank
    std::vector<Box<Dim>> receives_;  ///< parts that it receives from each rank
    Traffic traffic_;
};

}  // namespace shearwater
