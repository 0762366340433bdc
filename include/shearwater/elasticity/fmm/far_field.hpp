#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <shearwater/elasticity/fmm/far_bounds.hpp>
#include <shearwater/elasticity/fmm/far_source.hpp>
#include <shearwater/elasticity/fmm/local_expansions.hpp>
#include <shearwater/elasticity/fmm/multipole_expansions.hpp>

namespace shearwater {

/// The stress of far events by a fast multipole method, in which the kernel is interpolated by polynomials: the black-box FMM of W. Fong, E. Darve,
/// The black-box fast multipole method, J. Comput. Phys. 228 (2009) 8712–8725, of periodic cells and with bounded errors.
///
/// An event enters, for every voxel once, the largest cell around the voxel that is far from it (CellTree): its stress at the nodes of the cell (SourceToLocal)
/// is added to the cell's local expansion (LocalExpansions). So an event costs a bounded number of cells per level. Leaves that no far cell covers are near:
/// there the stress is added voxel by voxel, elsewhere. Many events at a time can enter as the multipole expansions of their cells
/// (MultipoleExpansions), of which each acts on the cells of its interaction list. FarBounds bounds the errors, which are added up for each leaf.
///
/// Two things differ from the method as published. Events come one by one, so that expansions are translated downwards when they exceed a threshold, and
/// not in a sweep; and multipole expansions of every level are made from the events themselves, not from those of the level below.
template <int Dim>
class FarField {
  public:
    static constexpr int leaf_edge = CellTree<Dim>::leaf_edge;

    /// Collective on `node`, the communicator of the ranks that share memory.
    /// @param box        this rank's voxels
    /// @param threshold  movement of the stress of a leaf that need not be counted at once [GPa]
    FarField(const Communicator& node, const KernelTable<Dim>& kernel, const Box<Dim>& box, double threshold,
             Separation separation = Separation::PointToCell);

    /// Whether there is a far field: not in small cells, where all leaves are near, nor for a kernel that polynomials do not fit.
    [[nodiscard]] bool is_useful() const noexcept { return translation_.has_value(); }
    [[nodiscard]] const CellTree<Dim>& tree() const noexcept { return expansions_.tree(); }
    [[nodiscard]] const FarBounds<Dim>& bounds() const noexcept { return bounds_; }
    [[nodiscard]] int levels() const noexcept { return tree().levels(); }

    /// Leaves that hold voxels of this rank, in leaf edges.
    [[nodiscard]] const Box<Dim>& leaves() const noexcept { return tree().leaves(); }
    /// Returns the leaf of a voxel of this rank, a number local to the rank.
    [[nodiscard]] int leaf_of(const Index<Dim>& voxel) const noexcept { return tree().leaf_of(voxel); }

    /// Whether an event is near to a leaf, so that its stress is not in the far field. @param leaf  a number local to this rank
    [[nodiscard]] bool is_near(const Index<Dim>& source, int leaf) const noexcept { return tree().is_near(source, leaf); }
    /// @param leaf  of any rank, in leaf edges
    [[nodiscard]] bool is_near(const Index<Dim>& source, const Index<Dim>& leaf) const noexcept { return tree().is_near(source, leaf); }

    /// Finds the near leaves and the far cells of an event. @param interactions  is overwritten
    /// @param below  leaves out the cells of this level and those above, which see the event in a multipole expansion
    void find_interactions(const Index<Dim>& source, int below, FarSource<Dim>& interactions) const;
    void find_interactions(const Index<Dim>& source, FarSource<Dim>& interactions) const { find_interactions(source, levels(), interactions); }

    /// Prefetches what `add` will read of the next 64 nodes, which lie scattered over a large table: to be called now and then between
    /// computations.
    void prefetch_next(FarSource<Dim>& interactions) const noexcept;

    /// Adds an event to the local expansions of its far cells. @param strain  deviatoric coefficients
    void add(FarSource<Dim>& interactions, const double* strain);

    /// Adds multipole expansions to the local expansions of the cells of their interaction lists, on all levels that they have (multipole-to-local
    /// translation). For Separation::CellToCell. @return how often a node was translated to a cell
    std::int64_t add_multipoles(const MultipoleExpansions<Dim>& multipoles);

    /// Largest norm of h from an event to the voxels [first, first + edge) [GPa].
    [[nodiscard]] double reach(const Index<Dim>& source, const Index<Dim>& first, const Index<Dim>& edge) const noexcept
    {
        return bounds_.reach(source, first, edge);
    }
    /// Largest norm of h at all distances that can be far; 0 without a far field [GPa].
    [[nodiscard]] double far_reach() const noexcept { return is_useful() ? bounds_.reach(leaf_edge) : 0.0; }

    /// How far the stress in a leaf may have moved altogether, without what is below the thresholds [GPa]. It never decreases.
    [[nodiscard]] double moved(int leaf) const noexcept { return expansions_.moved(leaf); }
    /// Leaves whose `moved` has grown since `forget_grown`, each perhaps several times.
    [[nodiscard]] const std::vector<int>& grown() const noexcept { return expansions_.grown(); }
    void forget_grown() noexcept { expansions_.forget_grown(); }
    /// Sum of the thresholds of all levels [GPa].
    [[nodiscard]] double reserve() const noexcept { return expansions_.reserve(); }

    /// Bound of the error of the stress in a leaf [GPa].
    [[nodiscard]] double remainder(int leaf) const noexcept { return expansions_.remainder(leaf); }
    /// Bound of the error of the settled stress in a leaf [GPa].
    [[nodiscard]] double settled_remainder(int leaf) const noexcept { return expansions_.settled_remainder(leaf); }

    /// Adds the stress in the `lane_count` neighbours along x from `first` on, which may lie beyond the end of the leaf.
    /// @param stress  deviatoric coefficients [GPa]
    void add_stress(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        if (is_useful()) expansions_.add_stress(leaf, first, stress);
    }
    /// Adds the settled stress: all but what `moved` does not count yet, which is at most `reserve`.
    SHEARWATER_INLINE void add_settled_stress(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        if (is_useful()) expansions_.add_settled_stress(leaf, first, stress);
    }
    /// Prefetches what `add_stress` will read of a leaf.
    void prefetch(int leaf) const noexcept { expansions_.prefetch(leaf); }

    /// Removes all events; `moved` stays.
    void clear() { expansions_.clear(); }

    /// Lists the state.
    void visit(Archive& archive) { archive("expansions", expansions_); }

  private:
    std::int64_t add_multipole(const MultipoleExpansions<Dim>& multipoles, int level, const Index<Dim>& cell);

    FarBounds<Dim> bounds_;
    LocalExpansions<Dim> expansions_;
    std::optional<SourceToLocal<Dim>> translation_;  ///< absent without a far field
};

}  // namespace shearwater
