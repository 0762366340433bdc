#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/sublattice/far_exchange.hpp>
#include <shearwater/engine/sublattice/missed_stress.hpp>
#include <shearwater/kmc/options.hpp>

namespace shearwater {

/// Objects that the ends of all cycles of a rank share.
template <int Dim>
struct CycleEnds {
    /// Keeps references to all of them.
    CycleEnds(const SharedGlass<Dim>& shared, const Partition<Dim>& partition, FarUpdate far_update);

    FarUpdate far_update;
    MeanOfStrains<Dim> mean;
    FarExchange<Dim> exchange;
    CommittedSources<Dim> committed;
};

/// The end of one cycle. It adds the stress of the events of the cycle in all blocks, either through the far field and voxel by voxel near to the
/// events, or by a solve of the whole field. No block may be in progress.
///
/// The object is constructed from the events of the cycle, provides the numbers that must be summed over ranks, and is carried out once with their
/// sums. Until then stresses are those that the events of the cycle have seen, so that missed exponents can be measured.
template <int Dim>
class CycleCommit {
  public:
    static constexpr int n = deviator_size<Dim>;
    using Terms = MissedTerms<Dim>;

    /// Takes over what blocks have recorded of the cycle. Keeps references to `shared` and `ends`.
    /// @param sources  number of voxels of all ranks that strained in the cycle
    /// @param events   number of events of all ranks in the cycle
    CycleCommit(SharedGlass<Dim>& shared, CycleEnds<Dim>& ends, std::int64_t sources, std::int64_t events);
    ~CycleCommit() = default;
    CycleCommit(const CycleCommit&) = delete;
    CycleCommit& operator=(const CycleCommit&) = delete;
    CycleCommit(CycleCommit&&) = delete;
    CycleCommit& operator=(CycleCommit&&) = delete;

    /// The numbers of this rank whose sums over all ranks `carry_out` needs. Every rank has the same number of them.
    [[nodiscard]] std::span<const std::int64_t> numbers() const noexcept;

    /// Adds the contributions of the events of this rank to the terms of the missed exponent of a target, which may be an event of any rank.
    /// @param curable  smallest lag of the target behind an event at which shorter intervals would reduce the missed exponent [s]
    void add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, Terms& terms)
    {
        missed_.add(target, events, curable, terms);
    }
    /// The missed exponent of an event. @param terms  sums of its terms over all ranks
    [[nodiscard]] Missed missed(const BlockEvent& target, const Terms& terms) const { return missed_.missed(target, terms); }

    /// Updates the stresses of all blocks by the events of the cycle. Collective.
    /// @param codes  sums over all ranks of the strain codes of the events of the cycle  @param sums  sums over all ranks of `numbers`
    void carry_out(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums) &&;

  private:
    /// Number of entries of a block from which on all tiles take in their sources after a cycle, so that the entries can be discarded.
    static constexpr std::size_t most_entries = 4096;

    [[nodiscard]] std::vector<CycleSource<Dim>> take_cycle();
    [[nodiscard]] bool expands(std::int64_t sources) const noexcept;
    [[nodiscard]] StrainedVoxel<Dim> strained_voxel(const CycleSource<Dim>& source) const noexcept;
    void expand(const StrainedVoxel<Dim>& source);
    void solve();

    SharedGlass<Dim>& shared_;
    CycleEnds<Dim>& ends_;
    MissedStress<Dim> missed_;
    BlockStress<Dim> stress_;                      ///< source of stress between turns
    FarSource<Dim> interactions_;                  ///< interactions with the far field of the source that is being taken in
    std::vector<CycleSource<Dim>> mine_;           ///< sources of this rank: one for each voxel that strained, in the order of voxels
    std::int64_t sources_;                         ///< number of sources of all ranks
    bool expands_;                                 ///< whether sources enter one by one and by moments, instead of by a solve of the whole field
    int level_;                                    ///< level from which on moments replace sources
    MultipoleExpansions<Dim>* moments_ = nullptr;  ///< moments of the cells from this level on; null if there is no such level
};

}  // namespace shearwater
