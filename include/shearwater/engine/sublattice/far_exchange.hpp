#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <shearwater/elasticity/fmm/multipole_expansions.hpp>
#include <shearwater/engine/sublattice/block_sources.hpp>
#include <shearwater/lattice/halo.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Exchange between ranks, at the end of a cycle, of the voxels that have strained in it. Near voxels are sent one by one; for the larger cells of
/// the far field moments are sent that stand for all voxels of a cell. The level from which on moments are sent is chosen in each cycle.
template <int Dim>
class FarExchange {
  public:
    /// Keeps references to all arguments. @param partition  partition of the lattice into boxes of whole blocks
    FarExchange(const Communicator& comm, const Partition<Dim>& partition, const Grid<Dim>& grid, const NearAndFar<Dim>& response);

    /// The lowest level on which moments take less work than the given number of sources; the number of levels if there is none.
    [[nodiscard]] int moment_level(std::int64_t sources) const noexcept;

    /// Moments of the cells from a level on, set to zero.
    [[nodiscard]] MultipoleExpansions<Dim>& moments(int level);
    /// Completes moments, after their sums over ranks have been set, by the moments of the smaller cells of neighbours. Collective.
    void complete(MultipoleExpansions<Dim>& moments);

    /// The sources of all ranks that act on cells of this rank below the level of moments, in the order of voxels. Collective.
    [[nodiscard]] std::vector<CycleSource<Dim>> gathered(const std::vector<CycleSource<Dim>>& mine, int moment_level);

    /// The traffic of this rank with others, sums of moments included.
    [[nodiscard]] Traffic traffic() const noexcept;

  private:
    template <class Radius>
    [[nodiscard]] HaloExchange<Dim>& exchange_of(std::map<int, HaloExchange<Dim>>& exchanges, int level, Radius&& radius);

    const Communicator& comm_;
    const Partition<Dim>& partition_;
    const Grid<Dim>& grid_;
    const NearAndFar<Dim>& response_;
    std::map<int, HaloExchange<Dim>> exchanges_;         ///< exchanges of sources, by the level from which on moments are used
    std::map<int, HaloExchange<Dim>> moment_exchanges_;  ///< exchanges of moments, by their first level
    std::map<int, MultipoleExpansions<Dim>> moments_;    ///< moments, by their first level
    Traffic traffic_;
};

}  // namespace shearwater
