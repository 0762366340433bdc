#include <shearwater/engine/reference/reference_glass.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
ReferenceGlass<Dim>::ReferenceGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                                    const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading)
    : glass_(tiles, catalogue, activation, softening, cell, loading, static_cast<int>(tiles.groups().size())), bounds_(tiles.slots())
{
}

template <int Dim>
void ReferenceGlass<Dim>::begin(const Window& window)
{
    window_ = window;
    begin_shift_ = glass_.mean().shift(window.load_begin);
    end_shift_ = window.load_end == window.load_begin ? begin_shift_ : glass_.mean().shift(window.load_end);
    enter_pending();
}

template <int Dim>
void ReferenceGlass<Dim>::enter_pending()
{
    entering_.swap(pending_);
    pending_.clear();
}

/// Visits all modes of a group with −Q/k_B T at the beginning and at the end of the window, both with the softening used in the bounds.
template <int Dim>
template <class Visit>
void ReferenceGlass<Dim>::visit_modes(int group, Visit&& visit) const
{
    Lanes begin[n];
    Lanes end[n];
    glass_.load_stress(group, begin);
    std::copy_n(begin, n, end);
    glass_.mean().add(group, begin_shift_, begin);
    glass_.mean().add(group, end_shift_, end);
    for_each_mode<Dim>(glass_.scales(), glass_.group_state(group), begin, end, bound_from_.high(), bound_from_.low(), visit);
}

template <int Dim>
TileBounds ReferenceGlass<Dim>::evaluate(int tile)
{
    bound_from_ = window_.now;
    glass_.counters().refreshed_voxels += glass_.voxels_in(tile);
    return bound(tile, !entering_.empty());
}

template <int Dim>
TileBounds ReferenceGlass<Dim>::tighten(int tile, double since)
{
    bound_from_ = window_.now + since;
    return bound(tile, false);
}

template <int Dim>
TileInstability ReferenceGlass<Dim>::instability(int tile) const
{
    TileInstability found;
    found.delay = std::numeric_limits<double>::infinity();
    double lowest = std::numeric_limits<double>::infinity();
    const Tile& here = glass_.tiles().tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        std::array<bool, lane_count> vanished{};
        visit_modes(group, [&](int mode, Lanes begin, Lanes end) {
            for (int lane = 0; lane < glass_.tiles().groups()[group].lanes; ++lane) {
                const Place place{lane_count * group + lane, mode};
                if (begin[lane] >= 0.0) {
                    vanished[lane] = true;
                    const double barrier = -glass_.thermal_energy() * begin[lane];
                    if (found.lowest.slot >= 0 &&
                        std::tuple(lowest, voxel_id(found.lowest), found.lowest.mode) < std::tuple(barrier, voxel_id(place), mode))
                        continue;
                    lowest = barrier;
                    found.lowest = place;
                } else if (end[lane] > 0.0) {
                    found.delay = std::min(found.delay, window_.duration * (-begin[lane] / (end[lane] - begin[lane])));
                }
            }
        });
        found.count += std::count(vanished.begin(), vanished.end(), true);
    }
    found.barrier = lowest;
    return found;
}

template <int Dim>
Candidate ReferenceGlass<Dim>::pick(int tile, double share) const
{
    const Tile& here = glass_.tiles().tiles()[tile];
    const int first = lane_count * here.first_group;
    const int last = first + lane_count * here.groups;
    double total = 0.0;
    for (int slot = first; slot < last; ++slot) total += bounds_[slot];
    double remaining = share * total;
    Candidate chosen;
    for (int slot = first; slot < last; ++slot) {
        if (bounds_[slot] <= 0.0) continue;
        if (chosen.place.slot >= 0) remaining -= bounds_[chosen.place.slot];
        chosen.place.slot = slot;
        if (remaining <= bounds_[slot]) break;
    }
    // Rounding may leave a remainder beyond the last mode. The last mode is then selected.
    bool found = false;
    const int lane = chosen.place.slot % lane_count;
    visit_modes(chosen.place.slot / lane_count, [&](int mode, Lanes begin, Lanes end) {
        const double bound = ::shearwater::rate(maximum(begin, end), glass_.frequency())[lane];
        if (found || bound <= 0.0) return;
        chosen.place.mode = mode;
        chosen.bound = bound;
        found = remaining <= bound;
        remaining -= bound;
    });
    return chosen;
}

template <int Dim>
double ReferenceGlass<Dim>::rate(const Place& place, double delay) const
{
    return ::shearwater::rate(broadcast(exponent(place, delay)), glass_.frequency())[0];
}

/// −Q/k_B T of a mode at `delay` after the beginning of the window.
template <int Dim>
double ReferenceGlass<Dim>::exponent(const Place& place, double delay) const
{
    const int group = place.slot / lane_count;
    const double progress = window_.duration > 0.0 && std::isfinite(window_.duration) ? delay / window_.duration : 0.0;
    Lanes stress[n];
    Lanes end[n];
    glass_.load_stress(group, stress);
    std::copy_n(stress, n, end);
    glass_.mean().add(group, begin_shift_, stress);
    glass_.mean().add(group, end_shift_, end);
    for (int a = 0; a < n; ++a) stress[a] += progress * (end[a] - stress[a]);
    const PreciseTime when = window_.frozen ? window_.now : window_.now + delay;
    double found = 0.0;
    for_each_mode<Dim>(glass_.scales(), glass_.group_state(group), stress, stress, when.high(), when.low(),
                       [&](int mode, Lanes from_begin, Lanes /*from_end*/) {
                           if (mode == place.mode) found = from_begin[place.slot % lane_count];
                       });
    return found;
}

template <int Dim>
Event ReferenceGlass<Dim>::event(const Place& place, double delay, bool athermal) const
{
    return glass_.make_event(place, exponent(place, delay), window_.now + delay, athermal);
}

template <int Dim>
std::vector<Event> ReferenceGlass<Dim>::flips(double threshold)
{
    bound_from_ = window_.now;
    std::vector<Event> events;
    for (int group = 0; group < static_cast<int>(glass_.tiles().groups().size()); ++group) {
        std::array<Place, lane_count> lowest;
        std::array<double, lane_count> exponent;
        exponent.fill(-std::numeric_limits<double>::infinity());
        visit_modes(group, [&](int mode, Lanes begin, Lanes /*end*/) {
            for (int lane = 0; lane < glass_.tiles().groups()[group].lanes; ++lane) {
                if (begin[lane] <= exponent[lane]) continue;
                exponent[lane] = begin[lane];
                lowest[lane] = {lane_count * group + lane, mode};
            }
        });
        for (int lane = 0; lane < glass_.tiles().groups()[group].lanes; ++lane)
            if (exponent[lane] >= 0.0 || -glass_.thermal_energy() * exponent[lane] < threshold) events.push_back(event(lowest[lane], 0.0, true));
    }
    return events;
}

template <int Dim>
std::int64_t ReferenceGlass<Dim>::broken_voxel(int tile) const noexcept
{
    const Tile& here = glass_.tiles().tiles()[tile];
    for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
        if (!std::isfinite(bounds_[slot])) return glass_.tiles().voxel_id(slot);
    return glass_.tiles().voxel_id(lane_count * here.first_group);
}

template <int Dim>
void ReferenceGlass<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events) {
        glass_.transform(event);
        auto& source = pending_.emplace_back(StrainedVoxel<Dim>{glass_.tiles().grid().index(event.voxel), {}});
        std::copy_n(event.strain.begin(), n, source.strain.begin());
    }
    if (glass_.cell().kernel() == nullptr || pending_.size() >= solve_from_) {
        glass_.solve_for_stress();
        ++glass_.counters().flushes;
        pending_.clear();
        entering_.clear();
    }
    glass_.mean().apply(events);
}

template <int Dim>
void ReferenceGlass<Dim>::flush()
{
    enter_pending();
    for (int group = 0; group < static_cast<int>(glass_.tiles().groups().size()) && !entering_.empty(); ++group) {
        Lanes stress[n];
        glass_.load_stress(group, stress);
        add_entering(group, stress);
        glass_.store_stress(group, stress);
    }
    entering_.clear();
}

template <int Dim>
Fields ReferenceGlass<Dim>::accumulated_stress()
{
    flush();
    return glass_.stress_in_box_order();
}

template <int Dim>
double ReferenceGlass<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    // Stresses, bounds, and the cached barriers of settled groups with their index.
    return Voxels<Dim>::bytes_per_voxel(options) + (n + 1 + options.modes) * sizeof(double) + sizeof(int) / static_cast<double>(lane_count);
}

template class ReferenceGlass<2>;
template class ReferenceGlass<3>;

}  // namespace shearwater
