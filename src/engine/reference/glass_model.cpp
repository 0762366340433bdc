#include <shearwater/engine/reference/glass_model.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
GlassModel<Dim>::GlassModel(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                            const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading)
    : GlassState<Dim>(tiles, catalogue, activation, softening, cell, loading, static_cast<int>(tiles.groups().size())), bounds_(tiles.slots())
{
}

template <int Dim>
void GlassModel<Dim>::begin(const Window& window)
{
    window_ = window;
    begin_shift_ = this->mean_shift(this->mean_state(window.load_begin));
    end_shift_ = window.load_end == window.load_begin ? begin_shift_ : this->mean_shift(this->mean_state(window.load_end));
    enter_pending();
}

template <int Dim>
void GlassModel<Dim>::enter_pending()
{
    entering_.swap(pending_);
    pending_.clear();
    entering_at_.clear();
    for (const Event& event : entering_) entering_at_.push_back(tiles_.grid().index(event.voxel));
}

/// Visits all modes of a group with −Q/k_B T at the beginning and at the end of the window, both at the softening of the bounds.
template <int Dim>
template <class Visit>
void GlassModel<Dim>::visit_modes(int group, Visit&& visit) const
{
    Lanes begin[n];
    Lanes end[n];
    for (int a = 0; a < n; ++a) begin[a] = end[a] = load(stress_[a].data() + lane_count * group);
    this->add_mean(group, begin_shift_, begin);
    this->add_mean(group, end_shift_, end);
    for_each_mode<Dim>(scales_, this->group_state(group), begin, end, bound_from_.high(), bound_from_.low(), visit);
}

template <int Dim>
TileBounds GlassModel<Dim>::evaluate(int tile)
{
    bound_from_ = window_.now;
    counters_.refreshed_voxels += this->voxels_in(tile);
    return bound(tile, !entering_.empty());
}

template <int Dim>
TileBounds GlassModel<Dim>::tighten(int tile, double since)
{
    bound_from_ = window_.now + since;
    return bound(tile, false);
}

template <int Dim>
TileInstability GlassModel<Dim>::instability(int tile) const
{
    TileInstability found;
    found.delay = std::numeric_limits<double>::infinity();
    double lowest = std::numeric_limits<double>::infinity();
    const Tile& here = tiles_.tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        std::array<bool, lane_count> vanished{};
        visit_modes(group, [&](int mode, Lanes begin, Lanes end) {
            for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
                const Place place{lane_count * group + lane, mode};
                if (begin[lane] >= 0.0) {
                    vanished[lane] = true;
                    const double barrier = -thermal_energy_ * begin[lane];
                    if (found.lowest.slot >= 0 &&
                        std::tuple(lowest, this->voxel_id(found.lowest), found.lowest.mode) < std::tuple(barrier, this->voxel_id(place), mode))
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
Candidate GlassModel<Dim>::pick(int tile, double share) const
{
    const Tile& here = tiles_.tiles()[tile];
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
    // Rounding may leave a remainder beyond the last mode: that mode is then meant.
    bool found = false;
    const int lane = chosen.place.slot % lane_count;
    visit_modes(chosen.place.slot / lane_count, [&](int mode, Lanes begin, Lanes end) {
        const double bound = ::shearwater::rate(maximum(begin, end), frequency_)[lane];
        if (found || bound <= 0.0) return;
        chosen.place.mode = mode;
        chosen.bound = bound;
        found = remaining <= bound;
        remaining -= bound;
    });
    return chosen;
}

template <int Dim>
double GlassModel<Dim>::rate(const Place& place, double delay) const
{
    return ::shearwater::rate(broadcast(exponent(place, delay)), frequency_)[0];
}

/// −Q/k_B T of a mode `delay` after the beginning of the window.
template <int Dim>
double GlassModel<Dim>::exponent(const Place& place, double delay) const
{
    const int group = place.slot / lane_count;
    const double progress = window_.duration > 0.0 && std::isfinite(window_.duration) ? delay / window_.duration : 0.0;
    Lanes stress[n];
    Lanes end[n];
    for (int a = 0; a < n; ++a) stress[a] = end[a] = load(stress_[a].data() + lane_count * group);
    this->add_mean(group, begin_shift_, stress);
    this->add_mean(group, end_shift_, end);
    for (int a = 0; a < n; ++a) stress[a] += progress * (end[a] - stress[a]);
    const PreciseTime when = window_.frozen ? window_.now : window_.now + delay;
    double found = 0.0;
    for_each_mode<Dim>(scales_, this->group_state(group), stress, stress, when.high(), when.low(),
                       [&](int mode, Lanes from_begin, Lanes /*from_end*/) {
                           if (mode == place.mode) found = from_begin[place.slot % lane_count];
                       });
    return found;
}

template <int Dim>
Event GlassModel<Dim>::event(const Place& place, double delay, bool athermal) const
{
    return this->make_event(place, exponent(place, delay), window_.now + delay, athermal);
}

template <int Dim>
std::vector<Event> GlassModel<Dim>::flips(double threshold)
{
    bound_from_ = window_.now;
    std::vector<Event> events;
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        std::array<Place, lane_count> lowest;
        std::array<double, lane_count> exponent;
        exponent.fill(-std::numeric_limits<double>::infinity());
        visit_modes(group, [&](int mode, Lanes begin, Lanes /*end*/) {
            for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
                if (begin[lane] <= exponent[lane]) continue;
                exponent[lane] = begin[lane];
                lowest[lane] = {lane_count * group + lane, mode};
            }
        });
        for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane)
            if (exponent[lane] >= 0.0 || -thermal_energy_ * exponent[lane] < threshold) events.push_back(event(lowest[lane], 0.0, true));
    }
    return events;
}

template <int Dim>
std::int64_t GlassModel<Dim>::broken_voxel(int tile) const noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
        if (!std::isfinite(bounds_[slot])) return tiles_.voxel_id(slot);
    return tiles_.voxel_id(lane_count * here.first_group);
}

template <int Dim>
void GlassModel<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events) {
        this->transform(event);
        this->count_in_mean(event);
    }
    pending_.insert(pending_.end(), events.begin(), events.end());
    if (cell_.kernel() == nullptr || pending_.size() >= solve_from_) {
        this->solve_for_stress();
        ++counters_.flushes;
        pending_.clear();
        entering_.clear();
    }
    this->update_mean();
}

template <int Dim>
void GlassModel<Dim>::flush()
{
    enter_pending();
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()) && !entering_.empty(); ++group) {
        Lanes stress[n];
        for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
        add_entering(group, stress);
        for (int a = 0; a < n; ++a) store(stress_[a].data() + lane_count * group, stress[a]);
    }
    entering_.clear();
}

template <int Dim>
Fields GlassModel<Dim>::accumulated_stress()
{
    flush();
    return this->stress_in_box_order();
}

template <int Dim>
double GlassModel<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    // Stresses, bounds, and the barriers of settled groups with their place.
    return Voxels<Dim>::bytes_per_voxel(options) + (n + 1 + options.modes) * sizeof(double) + sizeof(int) / static_cast<double>(lane_count);
}

template class GlassModel<2>;
template class GlassModel<3>;

}  // namespace shearwater
