#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <shearwater/elasticity/fmm/far_kernel.hpp>
#include <shearwater/elasticity/fmm/far_moments.hpp>
#include <shearwater/elasticity/solve/node_values.hpp>
#include <shearwater/lattice/grid.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// From what a cell must be its own edge away to take an event in as far.
enum class FarFrom {
    Voxel,  ///< the event
    Cell,   ///< the cell of its own size around the event, so that all events of a cell are far from the same cells
};

/// The stress of events far away, held as polynomials in the cells of a tree instead of as numbers in voxels.
///
/// Leaves are cells of `leaf_edge` voxels; a cell of the next level joins two per axis. An event enters, for every voxel once, the largest
/// cell around the voxel that is at least its own edge away from the event or its cell (largest of the distances along the axes, periodic): its
/// stress, exact at the cell's nodes, is added to their values, which stand for a polynomial in the cell. So an event costs a bounded number of cells
/// per level. Leaves that no cell covers are near: there the stress is added voxel by voxel, elsewhere.
///
/// What a cell has taken in since it last told its parts is bounded by a threshold; beyond it the polynomial moves on to the parts, without
/// loss, as part of a polynomial is one. In the end leaves count how much their stress may have moved. Cells that several ranks
/// have a part in are the same, bit for bit, on each.
///
/// The remainder. For interpolation of degree q − 1 on each axis, with nodes x_k, the error of one axis is a divided difference
/// f[x_0, …, x_{q−1}, x] times Π (x − x_k); over integers the divided difference is a mean of differences Δ^q f/q! of neighbours. h falls as
/// r^−D with the distance and Δ^q h as r^−(D+q), D the number of long axes; the constant is measured on the kernel itself
/// where the cells begin. Axes add up with the Lebesgue constant Λ: |f − I_x I_y f| ≤ |f − I_y f| + Λ |f − I_x f|.
template <int Dim>
class FarField {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int order = FieldInterpolation::order;
    static constexpr int nodes = node_count<Dim>;
    static constexpr int leaf_edge = Dim == 2 ? 32 : 16;

    /// Collective on `node`, the ranks that share memory. Keeps a reference to `kernel`.
    /// @param box        this rank's voxels
    /// @param threshold  movement of the stress of a leaf that need not be counted at once [GPa]; halved on each level above
    FarField(const Communicator& node, const KernelTable<Dim>& kernel, const Box<Dim>& box, double threshold, FarFrom from = FarFrom::Voxel);

    /// Whether there is a far field: not in small cells, where all leaves are near, nor for a kernel that polynomials do not fit.
    [[nodiscard]] bool is_useful() const noexcept { return is_useful_; }

    /// Leaves that hold voxels of this rank, in leaf edges.
    [[nodiscard]] const Box<Dim>& leaves() const noexcept { return levels_.front().cells; }

    /// The leaf of a voxel of this rank, a local number.
    [[nodiscard]] int leaf_of(const Index<Dim>& voxel) const noexcept;

    /// Takes in an event.
    void add(const Index<Dim>& source, const double* strain);

    /// The same in two steps: finds out what is near to a voxel and what is far, and takes in an event there.
    /// @param below  leave out the cells of this level and those above, which take it in as part of a cell (add_moments)
    void set_source(const Index<Dim>& source, int below);
    void set_source(const Index<Dim>& source) { set_source(source, levels()); }
    void add(const double* strain);

    /// Takes in what FarMoments tells of all events, in the cells of its levels. For FarFrom::Cell. @return how often a cell took in a node
    std::int64_t add_moments(const FarMoments<Dim>& moments);

    /// Asks for the next 64 nodes of what `add(strain)` will read, which lies scattered over a large table: to be called now and then between
    /// computations.
    void ask_ahead() noexcept;

    /// Leaves that are near to the last source.
    [[nodiscard]] const std::vector<int>& near() const noexcept { return near_; }
    /// Leaves whose `moved` has grown since `forget_grown`, each perhaps several times.
    [[nodiscard]] const std::vector<int>& grown() const noexcept { return grown_; }
    void forget_grown() noexcept { grown_.clear(); }

    /// Whether an event is near to a leaf, so that its stress is not in here.
    [[nodiscard]] bool is_near(const Index<Dim>& source, int leaf) const noexcept { return is_near(source, leaves().index(leaf)); }
    /// The same for a leaf of whatever rank, in leaf edges.
    [[nodiscard]] bool is_near(const Index<Dim>& source, const Index<Dim>& leaf) const noexcept;

    /// Largest distance along an axis, in voxels, from an event to the voxels of a leaf that it is near to.
    [[nodiscard]] static int near_radius(const Grid<Dim>& grid, FarFrom from) noexcept;

    /// Largest distance along an axis, over all boxes of a partition, at which an event may lie that a box must be told of if moments stand for
    /// events from a level on (for all that there are, if the level is levels()).
    [[nodiscard]] int radius_below(const Partition<Dim>& partition, int level) const noexcept;
    /// The same for events whose moments of levels [begin, end) a box takes in.
    [[nodiscard]] int radius_of_moments(const Partition<Dim>& partition, int begin, int end) const noexcept;
    /// The first level whose cells are longer than a box is along an axis that is cut; levels() if there is none.
    [[nodiscard]] int first_larger_level(const Partition<Dim>& partition) const noexcept;

    /// Bound of the norm of h from an event to the voxels [first, first + edge) [GPa].
    [[nodiscard]] double reach(const Index<Dim>& source, const Index<Dim>& first, const Index<Dim>& edge) const noexcept;

    /// Bound of the norm of h at all distances that count as far [GPa].
    [[nodiscard]] double far_reach() const noexcept { return is_useful_ ? reach_[leaf_edge] : 0.0; }

    /// How much the stress in the leaf may have moved in all, without what is below the thresholds [GPa].
    [[nodiscard]] double moved(int leaf) const noexcept { return moved_[leaf]; }
    /// Sum of the thresholds of all levels [GPa].
    [[nodiscard]] double reserve() const noexcept { return reserve_; }
    /// Bound of the error of the stress in the leaf [GPa].
    [[nodiscard]] double remainder(int leaf) const noexcept;

    /// Bound of the error of what has settled [GPa].
    [[nodiscard]] double settled_remainder(int leaf) const noexcept { return settled_[leaf].remainder; }

    /// Adds the stress in eight neighbours along x to `stress`, which may lie beyond the end of the leaf. @param first  voxel of lane 0
    void add_stress(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept;

    /// Asks for what `add_stress` will read of a leaf.
    void prefetch(int leaf) const noexcept;

    /// The same without what `moved` does not count yet, which is at most `reserve`.
    SHEARWATER_INLINE void add_settled_stress(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        if (is_useful_) add_values(0, leaves().index(leaf), settled_[leaf].values, first, stress);
    }

    /// The body of `add_stress`, to be compiled for several instruction sets.
    SHEARWATER_INLINE void add_stress_inline(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept;

    /// Forgets all events.
    void clear();

    /// Bound of the error that an event of unit strain at a distance makes in a cell of a level [GPa].
    [[nodiscard]] double remainder_of_unit(int level, int distance) const noexcept;
    /// The same of an event whose cell of the level is told by its moments, from that cell: |h − I_x I_y h| ≤ |h − I_x h| + Λ^Dim |h − I_y h|.
    [[nodiscard]] double remainder_of_moment(int level, int distance) const noexcept;
    [[nodiscard]] int levels() const noexcept { return static_cast<int>(levels_.size()); }
    [[nodiscard]] const FieldInterpolation& interpolation(int level) const noexcept { return levels_[level].interpolation; }

    /// The cells of a level at one place along an axis, as an event sees them.
    struct Column {
        int cell = 0;
        int distance = 0;                        ///< from the event, along the axis
        int apart = 0;                           ///< what decides whether the cell is near: from the event or its cell
        std::array<int, order> offset{};         ///< of the nodes in the far kernel
        std::array<double, order> reflection{};  ///< of the nodes there
    };

  private:
    using Values = NodeValues<Dim>;

    struct Cell {
        Values values{};
        double remainder = 0.0;  ///< of what came in here [GPa]
        double bound = 0.0;      ///< of the norm of the stress in the cell [GPa]
    };

    struct Level {
        FieldInterpolation interpolation;
        Box<Dim> cells;  ///< in edges of this level
        std::vector<Cell> cell;
        std::array<NodeMatrix, 2> part;  ///< from this level's nodes to those of its lower and upper half
        double threshold;
        std::vector<double> remainder;         ///< of unit strain at distances from the edge on [GPa]
        std::vector<double> moment_remainder;  ///< the same of what replaces sources by moments, at the nodes
        std::vector<double> weights;           ///< of the nodes in the polynomial [node][position in the cell]
    };

    /// A cell that takes in the event.
    struct Deposit {
        int level;
        std::array<std::int16_t, Dim> column;  ///< numbers in columns_[level]
        int distance;                          ///< from the event or the cell that its moments stand for, rounded down
    };

    [[nodiscard]] double difference_constant(int differences) const;
    template <class Along>
    [[nodiscard]] std::vector<double> remainders(const Along& interpolation, double constant, int shortest) const;
    void make_levels(const Box<Dim>& box, double threshold);
    void find_remainders();
    void find_reach();
    void find_columns(int level, bool has_above);
    [[nodiscard]] Column column(int level, int axis, int cell) const noexcept;
    std::int64_t add_moments(int level, const Index<Dim>& cell, const FarMoments<Dim>& moments);
    template <class IsSomething>
    [[nodiscard]] int radius_of(const Partition<Dim>& partition, int level, IsSomething&& is_something) const noexcept;
    [[nodiscard]] bool are_parents_near(int level, int axis, int a, int b) const noexcept;
    void find_places(int level, int axis, Column& column) const noexcept;
    void find_deposits(int level);
    [[nodiscard]] bool is_near_on_axis(int level, const Column& column) const noexcept;
    [[nodiscard]] Index<Dim> cell_of(const Deposit& deposit) const noexcept;
    void deposit(const Deposit& deposit);
    void add_values(const Deposit& deposit, const double* strain);
    void account(const Deposit& deposit, double norm, double remainder);
    [[nodiscard]] double amplification(int level) const noexcept;
    static constexpr int nodes_asked = 64;
    void pass_on_if_large(int level, const Index<Dim>& cell);
    void pass_on(int level, const Index<Dim>& cell);
    template <class Visit>
    void for_each_part(int level, const Index<Dim>& cell, Visit&& visit) const;
    [[nodiscard]] double largest(int level, const Values& values) const noexcept;
    SHEARWATER_INLINE void add_values(int level, const Index<Dim>& cell, const Values& values, const Index<Dim>& first, Lanes* stress) const noexcept;

    const KernelTable<Dim>& kernel_;
    std::optional<FarKernel<Dim>> far_kernel_;
    Grid<Dim> grid_;
    FarFrom from_;
    std::vector<Level> levels_;
    int long_axes_ = 0;          ///< that are long enough for something to be far
    bool is_useful_ = false;     ///< whether anything is far
    std::vector<Cell> settled_;  ///< what leaves have told their voxels
    std::vector<double> moved_;
    std::vector<double> reach_;  ///< largest norm of h at each distance and beyond [GPa]
    double reserve_ = 0.0;
    std::vector<int> near_;
    std::vector<int> grown_;
    Index<Dim> source_{};  ///< event that is being taken in
    std::array<double, n> strain_{};
    double strain_norm_ = 0.0;
    std::vector<std::array<std::vector<Column>, Dim>> columns_;  ///< of each level, those that the event visits
    std::vector<Deposit> deposits_;
    std::size_t asked_ = 0;  ///< nodes of them that have been asked for, in parts of `nodes_asked`
};

/// Adds the value of a cell's polynomial.
template <int Dim>
void FarField<Dim>::add_values(int level, const Index<Dim>& cell, const Values& values, const Index<Dim>& first, Lanes* stress) const noexcept
{
    const int edge = leaf_edge << level;
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
            for (int k = 0; k < order; ++k) along[k] += rows[row] * values[a * nodes + row * order + k];
        for (int k = 0; k < order; ++k) stress[a] += along[k] * load(along_x + k * edge);
    }
}

template <int Dim>
void FarField<Dim>::add_stress_inline(int leaf, const Index<Dim>& first, Lanes* stress) const noexcept
{
    auto cell = leaves().index(leaf);
    add_values(0, cell, settled_[leaf].values, first, stress);
    for (int level = 0; level < levels(); ++level) {
        const auto& here = levels_[level];
        add_values(level, cell, here.cell[here.cells.local(cell)].values, first, stress);
        for (int& index : cell) index /= 2;
    }
}

template <>
void FarField<2>::add_stress(int leaf, const Index<2>& first, Lanes* stress) const noexcept;
template <>
void FarField<3>::add_stress(int leaf, const Index<3>& first, Lanes* stress) const noexcept;

}  // namespace shearwater
