#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <shearwater/engine/sublattice/block_in_progress.hpp>

namespace shearwater {

/// The contribution of the strains of voxels to the mean stress, for uniform moduli.
template <int Dim>
class MeanOfStrains {
  public:
    static constexpr int n = deviator_size<Dim>;

    explicit MeanOfStrains(const GlassState<Dim>& glass);

    /// Change of the mean stress due to the strain of one voxel [GPa]. @param strain  first n deviatoric coefficients
    [[nodiscard]] Deviator<Dim> by(const double* strain) const noexcept;
    /// Bound of the norm of this change for a strain of unit norm [GPa].
    [[nodiscard]] double norm() const noexcept { return norm_; }

  private:
    double voxels_;
    std::array<Deviator<Dim>, n> response_{};  ///< stress per mean eigenstrain [b][a] [GPa]
    double norm_ = 0.0;
};

/// The committed sources of one rank: state that each commit of a cycle leaves to the next.
template <int Dim>
struct CommittedSources {
    CodeSums<Dim> codes{};                 ///< sums of the strain codes of all events of all ranks
    std::int64_t expanded = 0;             ///< sources of all ranks that have entered the far field since the last solve of the whole field
    std::vector<StrainedVoxel<Dim>> mine;  ///< sources of this rank among these

    void visit(Archive& archive)
    {
        archive("codes", codes);
        archive("expanded", expanded);
        archive("mine", mine);
    }
};

/// Terms of the missed exponent of one event, to be summed over ranks. They are integers, so that the order of events does not matter. Stresses are
/// in a unit that MissedStress chooses.
template <int Dim>
struct MissedTerms {
    using Coefficients = std::array<std::int64_t, deviator_size<Dim>>;

    Coefficients far{};               ///< far stress that was not seen, including the error of the far field at the target
    Coefficients boundary{};          ///< stress of near events of other blocks that was not seen
    Coefficients codes_before{};      ///< sums of the strain codes of events before the target
    std::int64_t far_bound = 0;       ///< bound of the norm of `far`
    std::int64_t boundary_bound = 0;  ///< bound of the norm of `boundary`
    std::int64_t norms = 0;           ///< sum of the norms of the strains of all events
    Coefficients curable{};           ///< the part of far, boundary and mean stress that would be seen with shorter intervals
    Coefficients far_curable{};       ///< the part of far and mean stress that would be seen with shorter intervals

    using Numbers = std::array<std::int64_t, 5 * deviator_size<Dim> + 3>;

    /// The terms as an array, to be summed over ranks.
    [[nodiscard]] Numbers numbers() const noexcept { return std::bit_cast<Numbers>(*this); }
    [[nodiscard]] static MissedTerms from(const Numbers& numbers) noexcept { return std::bit_cast<MissedTerms>(numbers); }
};

/// The stress that events of a cycle have not seen: sums over pairs of events, and the remainder of the far field as it was in the cycle.
template <int Dim>
class MissedStress {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to the first three arguments.
    /// @param committed  sources of earlier cycles  @param events  number of events of all ranks in the cycle
    MissedStress(const SharedGlass<Dim>& shared, const CommittedSources<Dim>& committed, const MeanOfStrains<Dim>& mean, std::int64_t events);

    /// Adds the contributions of the events of this rank to the terms of a target, which may be an event of any rank.
    /// @param curable  smallest lag of the target behind an event at which shorter intervals would reduce the missed exponent [s]
    void add(const BlockEvent& target, std::span<const BlockEvent> events, double curable, MissedTerms<Dim>& terms);

    /// The missed exponent of an event. @param terms  sums of its terms over all ranks
    [[nodiscard]] Missed missed(const BlockEvent& target, const MissedTerms<Dim>& terms) const;

  private:
    using Coefficients = typename MissedTerms<Dim>::Coefficients;

    /// An event whose missed exponent is measured, and its position.
    struct Target {
        const BlockEvent& executed;
        Index<Dim> at;
        Box<Dim> tile;
        double curable;
    };

    [[nodiscard]] Target target_of(const BlockEvent& executed, double curable) const noexcept;
    void add_other(const Target& target, const BlockEvent& other, MissedTerms<Dim>& terms) const;
    void add_response(const Index<Dim>& source, const double* strain, const Index<Dim>& voxel, Coefficients& terms) const;
    [[nodiscard]] Index<Dim> apart(const Index<Dim>& source, const Index<Dim>& voxel) const noexcept;
    [[nodiscard]] const Coefficients& left_out(std::int64_t id);

    const SharedGlass<Dim>& shared_;
    const CommittedSources<Dim>& committed_;
    const MeanOfStrains<Dim>& mean_;
    double per_gpa_ = 0x1p44;                                  ///< units of a term per GPa
    std::unordered_map<std::int64_t, Coefficients> left_out_;  ///< error of the far field at each target of the cycle, in units of a term
};

}  // namespace shearwater
