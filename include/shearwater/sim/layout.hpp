#pragma once

#include <optional>

#include <shearwater/io/run_options.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// How the lattice lies on the ranks, and the cell whose mesh is solved: known from the options alone, before anything is allocated.
template <int Dim>
struct Layout {
    /// Not collective: the same on every rank.
    /// @throws InputError if the lattice does not suit the ranks, or is too large for 32-bit integers somewhere
    Layout(const RunOptions& options, int ranks);

    std::optional<Blocks<Dim>> blocks;  ///< sublattice engine
    Partition<Dim> partition;
    std::optional<Partition<Dim>> mesh;  ///< the cell that PETSc or the check solves, the whole one or folded; nothing if there is no mesh
};

}  // namespace shearwater
