#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <shearwater/elasticity/fmm/multipole_expansions.hpp>
#include <shearwater/engine/sublattice/block_sources.hpp>
#include <shearwater/lattice/halo.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// How ranks report to each other at the end of a cycle what has strained in it: near voxels one by one, and for the larger cells of the far field
/// moments that stand for all voxels of a cell. From which level on they do is chosen in each cycle.
template <int Dim>
class FarExchange {
  public:
    /// Keeps references to all of them. @param partition  boxes of whole blocks
    FarExchange(const Communicator& comm, const Partition<Dim>& partition, const Grid<Dim>& grid, const NearAndFar<Dim>& response);

    /// The level from which on moments are less work than so many sources; that after the last if they never are.
    [[nodiscard]] int moment_level(std::int64_t sources) const noexcept;

    /// Moments of the cells from a level on, cleared.
    [[nodiscard]] MultipoleExpansions<Dim>& moments(int level);
    /// Completes moments, whose sums over ranks have been set, by those of the smaller cells that neighbours have. Collective.
    void complete(MultipoleExpansions<Dim>& moments);

    /// The sources of all ranks that matter to cells of this rank below the level of moments, in the order of voxels. Collective.
    [[nodiscard]] std::vector<CycleSource<Dim>> gathered(const std::vector<CycleSource<Dim>>& mine, int moment_level);

    /// What this rank has exchanged with others, sums of moments included.
    [[nodiscard]] Traffic traffic() const noexcept;

  private:
    template <class Radius>
    [[nodiscard]] HaloExchange<Dim>& exchange_of(std::map<int, HaloExchange<Dim>>& exchanges, int level, Radius&& radius);

    const Communicator& comm_;
    const Partition<Dim>& partition_;
    const Grid<Dim>& grid_;
    const NearAndFar<Dim>& response_;
    std::map<int, HaloExchange<Dim>> exchanges_;         ///< of sources, by the level from which on moments stand for them
    std::map<int, HaloExchange<Dim>> moment_exchanges_;  ///< of moments, by their first level
    std::map<int, MultipoleExpansions<Dim>> moments_;    ///< by their first level
    Traffic traffic_;
};

}  // namespace shearwater
