/// What events have not seen: sums over pairs of events, and the remainder of the far field.

#include <shearwater/engine/sublattice/block_glass.hpp>

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

}  // namespace

/// Chooses the unit of missed terms: 2⁻⁴⁴ GPa or, where so many events and sources would make sums of them overflow, a coarser one.
template <int Dim>
void BlockGlass<Dim>::choose_terms(std::int64_t events)
{
    // A term is an event's norm, or the stress that it causes, some 0.2 on the mean: 2^20 of them in this unit come to 2^62.
    constexpr double most = 0x1p20;
    constexpr double usual_stress = 30.0 * 0.14;  // |h(0)| γ* with the default moduli and strain [GPa]
    Index<Dim> one{};
    one.fill(1);
    const double stress = far_->reach({}, {}, one) * this->catalogue_.options().strain;
    terms_per_gpa_ = 0x1p44;
    for (double count = static_cast<double>(events + expanded_) * std::max(1.0, stress / usual_stress); count > most; count *= 0.5)
        terms_per_gpa_ *= 0.5;
}

/// Adds the stress that a source causes in a voxel.
template <int Dim>
void BlockGlass<Dim>::add_response(const Index<Dim>& source, const double* strain, const Index<Dim>& voxel, std::int64_t* terms) const
{
    double stress[n] = {};
    cell_.kernel()->add_one(apart(source, voxel), strain, stress);
    for (int a = 0; a < n; ++a) terms[a] += rounded(stress[a], terms_per_gpa_);
}

/// Distance from a source to a voxel, each component in [0, size).
template <int Dim>
Index<Dim> BlockGlass<Dim>::apart(const Index<Dim>& source, const Index<Dim>& voxel) const noexcept
{
    Index<Dim> apart{};
    for (int axis = 0; axis < Dim; ++axis) {
        apart[axis] = voxel[axis] - source[axis];
        if (apart[axis] < 0) apart[axis] += tiles_.grid().size[axis];
    }
    return apart;
}

/// This rank's part of what the far field leaves out of the stress in a voxel, of whatever rank, in this cycle: the responses to all sources that its
/// polynomials stand for, less the value of the polynomials.
template <int Dim>
auto BlockGlass<Dim>::left_out(std::int64_t id) -> const Terms&
{
    const auto [found, is_new] = left_out_.try_emplace(id);
    auto& terms = found->second;
    if (!is_new || expanded_ == 0) return terms;
    const auto voxel = tiles_.grid().index(id);
    Index<Dim> leaf{};
    for (int axis = 0; axis < Dim; ++axis) leaf[axis] = voxel[axis] / FarField<Dim>::leaf_edge;
    constexpr std::size_t ahead = 8;  // sources asked for in advance
    for (std::size_t i = 0; i < far_sources_.size(); ++i) {
        if (i + ahead < far_sources_.size()) cell_.kernel()->prefetch(apart(far_sources_[i + ahead].at, voxel));
        const auto& [at, strain] = far_sources_[i];
        if (!far_->is_near(at, leaf)) add_response(at, strain.data(), voxel, terms.data());
    }
    if (!tiles_.box().contains(voxel)) return terms;
    const int slot = tiles_.slot(voxel);
    Lanes known[n] = {};
    far_->add_stress(far_->leaf_of(voxel), tiles_.groups()[slot / lane_count].first, known);
    for (int a = 0; a < n; ++a) terms[a] -= rounded(known[a][slot % lane_count], terms_per_gpa_);
    return terms;
}

/// Terms: far [n] and boundary stress [n] in GPa, sums of strain codes [n]; bounds of far and boundary stress in GPa, sum of the norms of strains;
/// what is curable of far and boundary stress together, mean stress included, and of far stress alone [2 n] in GPa. The far stress and its bound have
/// what the far field has left out of the stress that the target had.
template <int Dim>
void BlockGlass<Dim>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, std::int64_t* terms)
{
    const auto& grid = tiles_.grid();
    const auto at = grid.index(target.event.voxel);
    Box<Dim> tile;  // the target's
    for (int axis = 0; axis < Dim; ++axis) {
        tile.begin[axis] = at[axis] / tile_edge<Dim>[axis] * tile_edge<Dim>[axis];
        tile.end[axis] = std::min(tile.begin[axis] + tile_edge<Dim>[axis], grid.size[axis]);
    }
    const auto& missing = left_out(target.event.voxel);
    for (int a = 0; a < n; ++a) terms[a] += missing[a];
    if (tiles_.box().contains(at)) terms[3 * n] += rounded_up(far_->remainder(far_->leaf_of(at)), terms_per_gpa_);
    Index<Dim> one{};
    one.fill(1);
    for (const BlockEvent& other : events) {
        const bool comes_before = precedes(other, target);
        double squared = 0.0;
        for (int a = 0; a < n; ++a) squared += other.event.strain[a] * other.event.strain[a];
        const double norm = std::sqrt(squared);
        terms[3 * n + 2] += rounded_up(norm, terms_per_gpa_);
        if (comes_before) {
            const auto codes = codes_of(other.event);
            for (int a = 0; a < n; ++a) terms[2 * n + a] += codes[a];
        }
        const bool is_curable = comes_before && target.event.time - other.event.time > curable;
        if (is_curable) {
            const auto mean = mean_shift_by(other.event.strain.data());
            for (int a = 0; a < n; ++a) {
                terms[3 * n + 3 + a] += rounded(mean[a], terms_per_gpa_);
                terms[4 * n + 3 + a] += rounded(mean[a], terms_per_gpa_);
            }
        }
        if (other.block == target.block) continue;
        const auto from = grid.index(other.event.voxel);
        const bool is_near = is_within(grid, from, tile, halo_width<Dim>);
        terms[3 * n + (is_near ? 1 : 0)] += rounded_up(norm * far_->reach(from, at, one), terms_per_gpa_);
        if (!comes_before || (is_near && other.phase < target.phase)) continue;
        std::int64_t response[n] = {};
        add_response(from, other.event.strain.data(), at, response);
        for (int a = 0; a < n; ++a) {
            terms[(is_near ? n : 0) + a] += response[a];
            if (!is_curable) continue;
            terms[3 * n + 3 + a] += response[a];
            if (!is_near) terms[4 * n + 3 + a] += response[a];
        }
    }
}

/// Movement of the mean stress by the strain of one voxel [GPa].
template <int Dim>
Deviator<Dim> BlockGlass<Dim>::mean_shift_by(const double* strain) const noexcept
{
    const double share = 1.0 / static_cast<double>(tiles_.grid().count());
    Deviator<Dim> shift{};
    for (int b = 0; b < n; ++b)
        for (int a = 0; a < n; ++a) shift[a] += mean_response_[b][a] * (share * strain[b]);
    return shift;
}

template <int Dim>
Missed BlockGlass<Dim>::missed(const BlockEvent& target, const std::int64_t* terms) const
{
    const double per_work = scales_.work / scales_.strain_unit;  // ½ V/k_B T [1/GPa]
    Deviator<Dim> before{};
    for (int b = 0; b < n; ++b) before[b] = scales_.strain_unit * static_cast<double>(terms[2 * n + b]);
    const auto mean = mean_shift_by(before.data());
    Missed missed;
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        const double strain = target.event.strain[a];
        missed.far += per_work * (static_cast<double>(terms[a]) / terms_per_gpa_ + mean[a]) * strain;
        missed.boundary += per_work * static_cast<double>(terms[n + a]) / terms_per_gpa_ * strain;
        missed.curable += per_work * static_cast<double>(terms[3 * n + 3 + a]) / terms_per_gpa_ * strain;
        missed.far_curable += per_work * static_cast<double>(terms[4 * n + 3 + a]) / terms_per_gpa_ * strain;
        squared += strain * strain;
    }
    const double scale = per_work * std::sqrt(squared) / terms_per_gpa_ * (1.0 + 1e-12);
    const double mean_bound = mean_response_norm_ * static_cast<double>(terms[3 * n + 2]) / static_cast<double>(tiles_.grid().count());
    missed.far_bound = scale * (static_cast<double>(terms[3 * n]) + mean_bound);
    missed.boundary_bound = scale * static_cast<double>(terms[3 * n + 1]);
    return missed;
}

template void BlockGlass<2>::choose_terms(std::int64_t events);
template void BlockGlass<3>::choose_terms(std::int64_t events);
template void BlockGlass<2>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, std::int64_t* terms);
template void BlockGlass<3>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, std::int64_t* terms);
template Missed BlockGlass<2>::missed(const BlockEvent& target, const std::int64_t* terms) const;
template Missed BlockGlass<3>::missed(const BlockEvent& target, const std::int64_t* terms) const;

}  // namespace shearwater
