#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/sublattice/far_exchange.hpp>
#include <shearwater/engine/sublattice/missed_stress.hpp>
#include <shearwater/kmc/options.hpp>

namespace shearwater {

/// What the ends of all cycles of a rank have in common.
template <int Dim>
struct CycleEnds {
    /// Keeps references to all of them.
    CycleEnds(const SharedGlass<Dim>& shared, const Partition<Dim>& partition, FarUpdate far_update);

    FarUpdate far_update;
    MeanOfStrains<Dim> mean;
    FarExchange<Dim> exchange;
    CommittedSources<Dim> committed;
};

/// The end of one cycle: how its events enter the stresses of all blocks, by the far field and voxel by voxel near to them, or by a solve of the
/// whole field. No block may be in progress.
///
/// It is made of the cycle's events, gives the numbers that must be added up over ranks, and with their sums is carried out once. Until then stresses
/// are those that the events of the cycle have had, and what these have missed can be measured.
template <int Dim>
class CycleCommit {
  public:
    static constexpr int n = deviator_size<Dim>;
    using Terms = MissedTerms<Dim>;

    /// Takes what blocks have kept of the cycle. Keeps references to both. @param sources, events  voxels that strained in it, and how often, of all
    /// ranks
    CycleCommit(SharedGlass<Dim>& shared, CycleEnds<Dim>& ends, std::int64_t sources, std::int64_t events);
    ~CycleCommit() = default;
    CycleCommit(const CycleCommit&) = delete;
    CycleCommit& operator=(const CycleCommit&) = delete;
    CycleCommit(CycleCommit&&) = delete;
    CycleCommit& operator=(CycleCommit&&) = delete;

    /// What `carry_out` needs the sums of, over all ranks; as many on each.
    [[nodiscard]] std::span<const std::int64_t> numbers() const noexcept;

    /// Adds what events of this rank mean for the missed exponent of another (target), of whatever rank, to its terms.
    /// @param curable  seconds by which events must have come before the target for shorter intervals to help
    void add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, Terms& terms)
    {
        missed_.add(target, events, curable, terms);
    }
    /// What an event has missed. @param terms  sums over all ranks
    [[nodiscard]] Missed missed(const BlockEvent& target, const Terms& terms) const { return missed_.missed(target, terms); }

    /// Brings the stresses of all blocks up to date with the cycle. Collective.
    /// @param codes  sums over all ranks of the strain codes of the cycle's events  @param sums  of `numbers`
    void carry_out(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums) &&;

  private:
    /// Entries of a block from which on all tiles take in theirs after a cycle, so that they need no longer be kept.
    static constexpr std::size_t most_entries = 4096;

    [[nodiscard]] std::vector<CycleSource<Dim>> take_cycle();
    [[nodiscard]] bool expands(std::int64_t sources) const noexcept;
    [[nodiscard]] StrainedVoxel<Dim> strained_voxel(const CycleSource<Dim>& source) const noexcept;
    void expand(const StrainedVoxel<Dim>& source);
    void solve();

    SharedGlass<Dim>& shared_;
    CycleEnds<Dim>& ends_;
    MissedStress<Dim> missed_;
    BlockStress<Dim> stress_;                      ///< between turns
    FarSource<Dim> interactions_;                  ///< of the source that is being taken in, with the far field
    std::vector<CycleSource<Dim>> mine_;           ///< what strained on this rank: one source for each voxel, in the order of voxels
    std::int64_t sources_;                         ///< of all ranks
    bool expands_;                                 ///< sources one by one and by moments; otherwise by a solve of the whole field
    int level_;                                    ///< from which on moments stand for them
    MultipoleExpansions<Dim>* moments_ = nullptr;  ///< if there is such a level
};

}  // namespace shearwater
