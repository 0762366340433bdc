#include <shearwater/engine/sublattice/missed_stress.hpp>

#include <algorithm>
#include <cmath>

namespace shearwater {

namespace {

std::int64_t rounded(double value, double per_gpa) noexcept
{
    return std::lrint(value * per_gpa);
}

std::int64_t rounded_up(double value, double per_gpa) noexcept
{
    return static_cast<std::int64_t>(std::ceil(value * per_gpa));
}

template <int Dim>
Index<Dim> ones() noexcept
{
    Index<Dim> one{};
    one.fill(1);
    return one;
}

}  // namespace

template <int Dim>
MeanOfStrains<Dim>::MeanOfStrains(const GlassState<Dim>& glass) : voxels_(static_cast<double>(glass.tiles().grid().count()))
{
    double squared = 0.0;
    for (int b = 0; b < n; ++b) {
        Deviator<Dim> unit{};
        unit[b] = 1.0;
        response_[b] = glass.mean().shift_of(unit);
        for (const double value : response_[b]) squared += value * value;
    }
    norm_ = std::sqrt(squared);
}

template <int Dim>
Deviator<Dim> MeanOfStrains<Dim>::by(const double* strain) const noexcept
{
    const double share = 1.0 / voxels_;
    Deviator<Dim> shift{};
    for (int b = 0; b < n; ++b)
        for (int a = 0; a < n; ++a) shift[a] += response_[b][a] * (share * strain[b]);
    return shift;
}

/// Chooses the unit of terms: 2⁻⁴⁴ GPa, or a coarser unit if sums over so many events and sources would overflow.
template <int Dim>
MissedStress<Dim>::MissedStress(const SharedGlass<Dim>& shared, const CommittedSources<Dim>& committed, const MeanOfStrains<Dim>& mean,
                                std::int64_t events)
    : shared_(shared), committed_(committed), mean_(mean)
{
    // A term is the norm of the strain of an event or the stress that it causes, about 0.2 GPa on average: in this unit 2^20 of them sum to 2^62.
    constexpr double most = 0x1p20;
    constexpr double usual_stress = 30.0 * 0.14;  // |h(0)| γ* with the default moduli and strain [GPa]
    const double stress = shared.response.far().reach({}, {}, ones<Dim>()) * shared.glass.catalogue().options().strain;
    for (double count = static_cast<double>(events + committed.expanded) * std::max(1.0, stress / usual_stress); count > most; count *= 0.5)
        per_gpa_ *= 0.5;
}

/// Adds the stress that a source causes in a voxel.
template <int Dim>
void MissedStress<Dim>::add_response(const Index<Dim>& source, const double* strain, const Index<Dim>& voxel, Coefficients& terms) const
{
    double stress[n] = {};
    shared_.glass.cell().kernel()->add_one(apart(source, voxel), strain, stress);
    for (int a = 0; a < n; ++a) terms[a] += rounded(stress[a], per_gpa_);
}

/// Distance from a source to a voxel, each component in [0, size).
template <int Dim>
Index<Dim> MissedStress<Dim>::apart(const Index<Dim>& source, const Index<Dim>& voxel) const noexcept
{
    Index<Dim> apart{};
    for (int axis = 0; axis < Dim; ++axis) {
        apart[axis] = voxel[axis] - source[axis];
        if (apart[axis] < 0) apart[axis] += shared_.glass.tiles().grid().size[axis];
    }
    return apart;
}

/// Contribution of this rank to the error of the far field in a voxel, which may be on any rank, in this cycle: the responses to all sources that the
/// polynomials represent, less the value of the polynomials.
template <int Dim>
auto MissedStress<Dim>::left_out(std::int64_t id) -> const Coefficients&
{
    const auto [found, is_new] = left_out_.try_emplace(id);
    auto& terms = found->second;
    if (!is_new || committed_.expanded == 0) return terms;
    const auto& tiles = shared_.glass.tiles();
    const auto& far = shared_.response.far();
    const auto voxel = tiles.grid().index(id);
    Index<Dim> leaf{};
    for (int axis = 0; axis < Dim; ++axis) leaf[axis] = voxel[axis] / FarField<Dim>::leaf_edge;
    constexpr std::size_t ahead = 8;  // number of sources that are prefetched
    const auto& sources = committed_.mine;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (i + ahead < sources.size()) shared_.glass.cell().kernel()->prefetch(apart(sources[i + ahead].at, voxel));
        const auto& [at, strain] = sources[i];
        if (!far.is_near(at, leaf)) add_response(at, strain.data(), voxel, terms);
    }
    if (!tiles.box().contains(voxel)) return terms;
    const int slot = tiles.slot(voxel);
    Lanes known[n] = {};
    far.add_stress(far.leaf_of(voxel), tiles.groups()[slot / lane_count].first, known);
    for (int a = 0; a < n; ++a) terms[a] -= rounded(known[a][slot % lane_count], per_gpa_);
    return terms;
}

template <int Dim>
auto MissedStress<Dim>::target_of(const BlockEvent& executed, double curable) const noexcept -> Target
{
    const auto& grid = shared_.glass.tiles().grid();
    Target target{executed, grid.index(executed.event.voxel), {}, curable};
    for (int axis = 0; axis < Dim; ++axis) {
        target.tile.begin[axis] = target.at[axis] / tile_edge<Dim>[axis] * tile_edge<Dim>[axis];
        target.tile.end[axis] = std::min(target.tile.begin[axis] + tile_edge<Dim>[axis], grid.size[axis]);
    }
    return target;
}

template <int Dim>
void MissedStress<Dim>::add(const BlockEvent& executed, std::span<const BlockEvent> events, double curable, MissedTerms<Dim>& terms)
{
    const auto& far = shared_.response.far();
    const Target target = target_of(executed, curable);
    const auto& missing = left_out(executed.event.voxel);
    for (int a = 0; a < n; ++a) terms.far[a] += missing[a];
    if (shared_.glass.tiles().box().contains(target.at)) terms.far_bound += rounded_up(far.remainder(far.leaf_of(target.at)), per_gpa_);
    for (const BlockEvent& other : events) add_other(target, other, terms);
}

/// Adds the contribution of one event of this rank to the terms of the target.
template <int Dim>
void MissedStress<Dim>::add_other(const Target& target, const BlockEvent& other, MissedTerms<Dim>& terms) const
{
    const auto& grid = shared_.glass.tiles().grid();
    const auto& executed = target.executed;
    const bool comes_before = precedes(other, executed);
    double squared = 0.0;
    for (int a = 0; a < n; ++a) squared += other.event.strain[a] * other.event.strain[a];
    const double norm = std::sqrt(squared);
    terms.norms += rounded_up(norm, per_gpa_);
    if (comes_before) {
        const auto codes = strain_codes<Dim>(other.event.strain, shared_.glass.scales().strain_unit);
        for (int a = 0; a < n; ++a) terms.codes_before[a] += codes[a];
    }
    const bool is_curable = comes_before && executed.event.time - other.event.time > target.curable;
    if (is_curable) {
        const auto mean = mean_.by(other.event.strain.data());
        for (int a = 0; a < n; ++a) {
            terms.curable[a] += rounded(mean[a], per_gpa_);
            terms.far_curable[a] += rounded(mean[a], per_gpa_);
        }
    }
    if (other.block == executed.block) return;
    const auto from = grid.index(other.event.voxel);
    const bool is_near = is_within(grid, from, target.tile, halo_width<Dim>);
    (is_near ? terms.boundary_bound : terms.far_bound) += rounded_up(norm * shared_.response.far().reach(from, target.at, ones<Dim>()), per_gpa_);
    if (!comes_before || (is_near && other.phase < executed.phase)) return;
    Coefficients response{};
    add_response(from, other.event.strain.data(), target.at, response);
    for (int a = 0; a < n; ++a) {
        (is_near ? terms.boundary : terms.far)[a] += response[a];
        if (!is_curable) continue;
        terms.curable[a] += response[a];
        if (!is_near) terms.far_curable[a] += response[a];
    }
}

template <int Dim>
Missed MissedStress<Dim>::missed(const BlockEvent& target, const MissedTerms<Dim>& terms) const
{
    const RateScales& scales = shared_.glass.scales();
    const double per_work = scales.work / scales.strain_unit;  // ½ V/k_B T [1/GPa]
    Deviator<Dim> before{};
    for (int b = 0; b < n; ++b) before[b] = scales.strain_unit * static_cast<double>(terms.codes_before[b]);
    const auto mean = mean_.by(before.data());
    Missed missed;
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        const double strain = target.event.strain[a];
        missed.far += per_work * (static_cast<double>(terms.far[a]) / per_gpa_ + mean[a]) * strain;
        missed.boundary += per_work * static_cast<double>(terms.boundary[a]) / per_gpa_ * strain;
        missed.curable += per_work * static_cast<double>(terms.curable[a]) / per_gpa_ * strain;
        missed.far_curable += per_work * static_cast<double>(terms.far_curable[a]) / per_gpa_ * strain;
        squared += strain * strain;
    }
    const double scale = per_work * std::sqrt(squared) / per_gpa_ * (1.0 + 1e-12);
    const double mean_bound = mean_.norm() * static_cast<double>(terms.norms) / static_cast<double>(shared_.glass.tiles().grid().count());
    missed.far_bound = scale * (static_cast<double>(terms.far_bound) + mean_bound);
    missed.boundary_bound = scale * static_cast<double>(terms.boundary_bound);
    return missed;
}

template class MeanOfStrains<2>;
template class MeanOfStrains<3>;
template class MissedStress<2>;
template class MissedStress<3>;

}  // namespace shearwater
