#pragma once

#include <optional>

#include <shearwater/io/run_options.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// Partition of the lattice among the ranks, and the cell whose finite-element mesh is solved. A layout follows from the options and the number of
/// ranks and is known before anything is allocated.
template <int Dim>
struct Layout {
    /// Not collective; the layout is the same on every rank.
    /// @throws InputError if the lattice cannot be partitioned among the ranks, or if a size exceeds the range of 32-bit integers where these are
    /// used
    Layout(const RunOptions& options, int ranks);

    std::optional<Blocks<Dim>> blocks;  ///< blocks of the sublattice engine
    Partition<Dim> partition;
    std::optional<Partition<Dim>> mesh;  ///< cell of the mesh that is solved, folded or not; nothing if there is no mesh
};

}  // namespace shearwater
