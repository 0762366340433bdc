#pragma once

#include <array>
#include <string>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/elasticity/fmm/cell_tree.hpp>
#include <shearwater/elasticity/fmm/local_to_local.hpp>

namespace shearwater {

/// The local expansions of the cells of a tree, with bounds of what they hold and of what they leave out.
///
/// An expansion stays in its cell as long as its stress is below the threshold of the level; beyond it is translated to the parts of the cell, and so on down. From
/// a leaf it goes to the leaf's *settled* expansion, and the leaf counts by how much the stress of its voxels may have moved. So the stress of a
/// voxel is the settled expansion of its leaf and the expansions of all cells around it, and differs from the settled part by less than the
/// sum of the thresholds (the reserve) and the remainders. Cells that hold voxels of several ranks have the same expansions, bit for bit, on each.
template <int Dim>
class LocalExpansions {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int order = LocalInterpolation::order;
    static constexpr int nodes = node_count<Dim>;

    /// @param threshold  of the leaves; halved on each level above [GPa]
    LocalExpansions(CellTree<Dim> tree, double threshold);

    [[nodiscard]] const CellTree<Dim>& tree() const noexcept { return tree_; }

    /// The expansion of a cell. Whoever adds to it says so by `count`, and when all is added calls `pass_down_if_large`.
    [[nodiscard]] LocalExpansion<Dim>& expansion(int level, const Index<Dim>& cell) noexcept { return content(level, cell).expansion; }
    [[nodiscard]] const LocalExpansion<Dim>& expansion(int level, const Index<Dim>& cell) const noexcept
    {
        return levels_[level].content[tree_.cells(level).local(cell)].expansion;
    }

    /// Counts what has been added to the expansion of a cell.
    /// @param norm  bound of the norm of the stress at the voxels of the cell [GPa]  @param remainder  bound of the error of the polynomial [GPa]
    void count(int level, const Index<Dim>& cell, double norm, double remainder) noexcept;

    /// Translates the expansion of a cell to its parts, or settles that of a leaf, if it may exceed the threshold.
    void pass_down_if_large(int level, const Index<Dim>& cell);

    /// Sum of the thresholds of all levels [GPa].
    [[nodiscard]] double reserve() const noexcept { return reserve_; }
    /// How far the stress in a leaf may have moved altogether, without what is below the thresholds [GPa]. It never decreases.
    [[nodiscard]] double moved(int leaf) const noexcept { return moved_[leaf]; }
    /// Leaves whose `moved` has grown since `forget_grown`, each perhaps several times.
    [[nodiscard]] const std::vector<int>& grown() const noexcept { return grown_; }
    void forget_grown() noexcept { grown_.clear(); }

    /// Bound of the error of the stress in a leaf [GPa].
    [[nodiscard]] double remainder(int leaf) const noexcept;
    /// Bound of the error of the settled stress in a leaf [GPa].
    [[nodiscard]] double settled_remainder(int leaf) const noexcept { return settled_[leaf].remainder; }

    /// Adds the stress in the `lane_count` neighbours along x from `first` on, which may lie beyond the end of the leaf.
    /// @param stress  deviatoric coefficients [GPa]
    void add_stress(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept;

    /// The body of `add_stress`, which is compiled for several instruction sets.
    SHEARWATER_INLINE void add_stress_inline(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        auto cell = tree_.leaves().index(leaf);
        add_values(0, cell, settled_[leaf].expansion, first, stress);
        for (int level = 0; level < tree_.levels(); ++level) {
            add_values(level, cell, expansion(level, cell), first, stress);
            for (int& index : cell) index /= 2;
        }
    }

    /// Adds the settled stress: all but what `moved` does not count yet, which is at most `reserve`.
    SHEARWATER_INLINE void add_settled_stress(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        add_values(0, tree_.leaves().index(leaf), settled_[leaf].expansion, first, stress);
    }

    /// Prefetches what `add_stress` will read of a leaf.
    void prefetch(int leaf) const noexcept;

    /// Sets all expansions and their remainders to zero; `moved` stays.
    void clear();

    /// Lists the state.
    void visit(Archive& archive)
    {
        static_assert(sizeof(Content) == (LocalExpansion<Dim>{}.size() + 2) * sizeof(double));
        for (std::size_t level = 0; level < levels_.size(); ++level)
            archive.as_bytes(std::to_string(level), levels_[level].content, element_type<double>);
        archive.as_bytes("settled", settled_, element_type<double>);
        archive("moved", moved_);
        archive("grown", grown_);
    }

  private:
    struct Content {
        LocalExpansion<Dim> expansion{};
        double remainder = 0.0;  ///< of what came in [GPa]
        double bound = 0.0;      ///< of the norm of the stress in the cell [GPa]
    };

    struct Level {
        std::vector<Content> content;         ///< [cell]
        double threshold;                     ///< [GPa]
        double amplification;                 ///< largest value of an expansion over its largest at the nodes
        std::array<NodeMatrix, 2> to_half{};  ///< from the nodes of a cell to those of its lower and upper half
        std::vector<double> weights;          ///< of the nodes along an axis: [node][position in the cell]
    };

    [[nodiscard]] Content& content(int level, const Index<Dim>& cell) noexcept { return levels_[level].content[tree_.cells(level).local(cell)]; }
    [[nodiscard]] double largest(int level, const LocalExpansion<Dim>& expansion) const noexcept;
    void pass_down(int level, const Index<Dim>& cell);
    void settle(const Index<Dim>& cell);
    SHEARWATER_INLINE void add_values(int level, const Index<Dim>& cell, const LocalExpansion<Dim>& expansion, const Index<Dim>& first,
                                      Lanes* stress) const noexcept;

    CellTree<Dim> tree_;
    std::vector<Level> levels_;
    std::vector<Content> settled_;  ///< [leaf]
    std::vector<double> moved_;     ///< [leaf]
    double reserve_ = 0.0;
    std::vector<int> grown_;
};

/// Adds the value of a cell's expansion.
template <int Dim>
void LocalExpansions<Dim>::add_values(int level, const Index<Dim>& cell, const LocalExpansion<Dim>& expansion, const Index<Dim>& first,
                                      Lanes* stress) const noexcept
{
    const int edge = CellTree<Dim>::edge(level);
    const double* weights = levels_[level].weights.data();
    double rows[nodes / order];  // weight of each line of nodes
    for (int row = 0; row < nodes / order; ++row) {
        rows[row] = 1.0;
        for (int axis = 1, rest = row; axis < Dim; ++axis, rest /= order) rows[row] *= weights[rest % order * edge + first[axis] - cell[axis] * edge];
    }
    const double* along_x = weights + first[0] - cell[0] * edge;
    for (int a = 0; a < n; ++a) {
        double along[order] = {};
        for (int row = 0; row < nodes / order; ++row)
            for (int k = 0; k < order; ++k) along[k] += rows[row] * expansion[a * nodes + row * order + k];
        for (int k = 0; k < order; ++k) stress[a] += along[k] * load(along_x + k * edge);
    }
}

template <>
void LocalExpansions<2>::add_stress(int leaf, const Index<2>& first, Lanes* stress) const noexcept;
template <>
void LocalExpansions<3>::add_stress(int leaf, const Index<3>& first, Lanes* stress) const noexcept;

}  // namespace shearwater
