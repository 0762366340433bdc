#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <shearwater/engine/sublattice/block_in_progress.hpp>

namespace shearwater {

/// What the strains of voxels add to the mean stress, when moduli are uniform.
template <int Dim>
class MeanOfStrains {
  public:
    static constexpr int n = deviator_size<Dim>;

    explicit MeanOfStrains(const GlassState<Dim>& glass);

    /// Movement of the mean stress by the strain of one voxel [GPa]. @param strain  first n coefficients
    [[nodiscard]] Deviator<Dim> by(const double* strain) const noexcept;
    /// Bound of it for a strain of unit norm [GPa].
    [[nodiscard]] double norm() const noexcept { return norm_; }

  private:
    double voxels_;
    std::array<Deviator<Dim>, n> response_{};  ///< stress of a mean eigenstrain [b][a] [GPa]
    double norm_ = 0.0;
};

/// What the ends of cycles hand on from one to the next, on one rank.
template <int Dim>
struct CommittedSources {
    CodeSums<Dim> codes{};                 ///< sums of strain codes of all events of all ranks
    std::int64_t expanded = 0;             ///< sources of all ranks that the far field has taken in since the last solve of the whole field
    std::vector<StrainedVoxel<Dim>> mine;  ///< those of this rank

    void visit(Archive& archive)
    {
        archive("codes", codes);
        archive("expanded", expanded);
        archive("mine", mine);
    }
};

/// Numbers whose sums over ranks say what one event has missed. Integers, so that the order of events does not matter; stresses in a unit that
/// MissedStress chooses.
template <int Dim>
struct MissedTerms {
    using Coefficients = std::array<std::int64_t, deviator_size<Dim>>;

    Coefficients far{};               ///< stress from far away that was not seen, what the far field has left out of the target's stress included
    Coefficients boundary{};          ///< stress from nearby in other blocks that was not seen
    Coefficients codes_before{};      ///< sums of the strain codes of events before the target
    std::int64_t far_bound = 0;       ///< of the norm of `far`
    std::int64_t boundary_bound = 0;  ///< of the norm of `boundary`
    std::int64_t norms = 0;           ///< of the strains of all events
    Coefficients curable{};           ///< of far and boundary stress and of the mean, what shorter intervals would show
    Coefficients far_curable{};       ///< the same of far stress and the mean

    using Numbers = std::array<std::int64_t, 5 * deviator_size<Dim> + 3>;

    /// As an array, to be added up over ranks.
    [[nodiscard]] Numbers numbers() const noexcept { return std::bit_cast<Numbers>(*this); }
    [[nodiscard]] static MissedTerms from(const Numbers& numbers) noexcept { return std::bit_cast<MissedTerms>(numbers); }
};

/// What events of a cycle have not seen: sums over pairs of events, and the remainder of the far field as it was in the cycle.
template <int Dim>
class MissedStress {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to all of them. @param committed  before this cycle  @param events  of all ranks in the cycle
    MissedStress(const SharedGlass<Dim>& shared, const CommittedSources<Dim>& committed, const MeanOfStrains<Dim>& mean, std::int64_t events);

    /// Adds what events of this rank mean for another (target), of whatever rank, to its terms.
    /// @param curable  seconds by which events must have come before the target for shorter intervals to help
    void add(const BlockEvent& target, std::span<const BlockEvent> events, double curable, MissedTerms<Dim>& terms);

    /// What an event has missed. @param terms  sums over all ranks
    [[nodiscard]] Missed missed(const BlockEvent& target, const MissedTerms<Dim>& terms) const;

  private:
    using Coefficients = typename MissedTerms<Dim>::Coefficients;

    /// An event that misses others, and where it is.
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
    double per_gpa_ = 0x1p44;                                  ///< units of a term in a GPa
    std::unordered_map<std::int64_t, Coefficients> left_out_;  ///< of the voxels of this cycle's targets
};

}  // namespace shearwater
