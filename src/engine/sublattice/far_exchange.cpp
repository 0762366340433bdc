#include <shearwater/engine/sublattice/far_exchange.hpp>

#include <algorithm>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

template <int Dim>
FarExchange<Dim>::FarExchange(const Communicator& comm, const Partition<Dim>& partition, const Grid<Dim>& grid, const NearAndFar<Dim>& response)
    : comm_(comm), partition_(partition), grid_(grid), response_(response)
{
}

/// Moments take less work where the number of sources is at least half the number of nodes of all cells. From each level to the next, sources per
/// cell increase by a factor of four or eight.
template <int Dim>
int FarExchange<Dim>::moment_level(std::int64_t sources) const noexcept
{
    const auto& far = response_.far();
    // Levels begin at 1, because leaves (level 0) must receive each source: sources near to a leaf are not part of its far field.
    for (int level = 1; level < far.levels() && far.is_useful(); ++level) {
        const auto cells = grid_.cells(FarField<Dim>::leaf_edge << level).count();
        if (cells * MultipoleExpansions<Dim>::nodes <= 2 * sources) return level;
    }
    return far.levels();
}

template <int Dim>
MultipoleExpansions<Dim>& FarExchange<Dim>::moments(int level)
{
    const auto& far = response_.far();
    auto& moments =
        moments_.try_emplace(level, grid_, FarField<Dim>::leaf_edge, level, far.tree().first_larger_level(partition_), far.levels()).first->second;
    moments.clear();
    return moments;
}

template <int Dim>
void FarExchange<Dim>::complete(MultipoleExpansions<Dim>& moments)
{
    traffic_.bytes += static_cast<std::int64_t>(moments.reduced().size_bytes());
    const int level = moments.first_level();
    const int first_reduced = response_.far().tree().first_larger_level(partition_);
    if (level >= first_reduced) return;
    auto& exchange =
        exchange_of(moment_exchanges_, level, [&] { return response_.far().tree().radius_of_multipoles(partition_, level, first_reduced); });
    moments.exchange(comm_.rank(), exchange);
}

/// The exchange for a level, which is constructed at the first request. @param radius  radius() up to which ranks exchange sources
template <int Dim>
template <class Radius>
HaloExchange<Dim>& FarExchange<Dim>::exchange_of(std::map<int, HaloExchange<Dim>>& exchanges, int level, Radius&& radius)
{
    const auto found = exchanges.find(level);
    if (found != exchanges.end()) return found->second;
    return exchanges.try_emplace(level, comm_, HaloPlan<Dim>(partition_, comm_.rank(), radius())).first->second;
}

template <int Dim>
std::vector<CycleSource<Dim>> FarExchange<Dim>::gathered(const std::vector<CycleSource<Dim>>& mine, int moment_level)
{
    const auto less = [](const CycleSource<Dim>& a, const CycleSource<Dim>& b) { return a.voxel < b.voxel; };
    auto& exchange = exchange_of(exchanges_, moment_level, [&] { return response_.far().tree().radius_below(partition_, moment_level); });
    // Sources that all ranks need are so few that one collective takes less time than sending them from rank to rank.
    std::vector<CycleSource<Dim>> sources;
    if (moment_level == response_.far().levels() && exchange.plan().hands_on()) {
        sources = gather_all(comm_, mine, traffic_);
    } else {
        sources = exchange.template spread<CycleSource<Dim>>(
            mine, [this](const CycleSource<Dim>& source) { return grid_.index(source.voxel); }, less);
        sources.insert(sources.end(), mine.begin(), mine.end());
    }
    std::sort(sources.begin(), sources.end(), less);
    return sources;
}

template <int Dim>
Traffic FarExchange<Dim>::traffic() const noexcept
{
    Traffic traffic = traffic_;
    for (const auto* exchanges : {&exchanges_, &moment_exchanges_})
        for (const auto& [level, exchange] : *exchanges) traffic += exchange.traffic();
    return traffic;
}

template class FarExchange<2>;
template class FarExchange<3>;

}  // namespace shearwater
