#pragma once

#include <array>
#include <vector>

#include <shearwater/elasticity/fmm/cell_tree.hpp>
#include <shearwater/elasticity/fmm/far_kernel.hpp>
#include <shearwater/elasticity/fmm/local_to_local.hpp>

namespace shearwater {

/// Where the nodes of a cell lie along one axis in the far kernel, as seen from a source.
struct NodePlaces {
    std::array<int, LocalInterpolation::order> offset{};         ///< as FarKernel::Place
    std::array<double, LocalInterpolation::order> reflection{};  ///< as FarKernel::Place
};

/// The same along all axes: those of a column of cells for each axis.
template <int Dim>
using CellPlaces = std::array<const NodePlaces*, Dim>;

/// Source-to-local translation: the stress of a source at the nodes of a far cell, by the kernel itself.
///
/// The source is an event, or a node of a multipole expansion with the strain that stands for the events of its cell (then this is the
/// multipole-to-local translation of the black-box FMM, without its compression by a singular value decomposition, because h is looked up in a table).
template <int Dim>
class SourceToLocal {
  public:
    /// The nodes of a cell are prefetched in this many parts.
    static constexpr std::size_t parts = node_count<Dim> / 64;

    /// Collective on `node`, the communicator of the ranks that share memory. @param levels  of the tree of cells
    SourceToLocal(const Communicator& node, const KernelTable<Dim>& kernel, int levels);

    /// Finds the places of a column's nodes. @param cell, source  the column's place in edges of the level, and the source's voxel, along the axis
    [[nodiscard]] NodePlaces places(int level, int axis, int cell, int source) const noexcept;

    /// Adds the stress of a source to a local expansion. @param strain  deviatoric coefficients
    void add(const CellPlaces<Dim>& places, const double* strain, LocalExpansion<Dim>& expansion) const noexcept;

    /// Prefetches what `add` will read and write for one of the parts of the nodes: the table is large and read at scattered places.
    void prefetch(const CellPlaces<Dim>& places, const LocalExpansion<Dim>& expansion, std::size_t part) const noexcept;

  private:
    Grid<Dim> grid_;
    FarKernel<Dim> kernel_;
    std::vector<LocalInterpolation> interpolation_;  ///< [level]
};

}  // namespace shearwater
