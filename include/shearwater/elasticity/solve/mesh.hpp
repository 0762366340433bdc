#pragma once

#include <vector>

#include <petscdmda.h>

#include <shearwater/elasticity/element.hpp>
#include <shearwater/lattice/partition.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/petsc/handles.hpp>

namespace shearwater {

using PetscMesh = PetscHandle<DM, DMDestroy>;

/// The periodic mesh of Q1 elements on a DMDA: k elements per voxel edge, cut among ranks as the voxels are, so that the elements of a voxel
/// belong to its rank. Lengths are in element edges. Node (i, j, ...) is the lower corner of element (i, j, ...).
///
/// Vectors of displacements [element edges] and of nodal forces have Dim values per node.
template <int Dim>
class ElasticMesh {
  public:
    /// Collective.
    /// @param moduli  one per voxel of this rank's box, x fastest, or a single one for all
    ElasticMesh(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli);

    [[nodiscard]] DM dm() const noexcept { return dm_.get(); }
    [[nodiscard]] int elements_per_voxel() const noexcept { return elements_; }
    [[nodiscard]] const Box<Dim>& voxels() const noexcept { return voxels_; }
    [[nodiscard]] const Moduli& moduli(std::int64_t voxel) const noexcept { return moduli_[moduli_.size() == 1 ? 0 : voxel]; }

    /// Computes y = K u, element by element. Collective.
    void apply(Vec u, Vec y) const;

    /// Computes the nodal forces of the eigenstrains, Σ ∫ Bᵀ C:ε* over the elements. Collective.
    /// @param eigenstrain  one tensor per voxel of this rank's box
    void eigenstrain_forces(const std::vector<SymmetricTensor<Dim>>& eigenstrain, Vec forces) const;

    /// Returns the voxel means of C:(ε(u) − ε*), one per voxel of this rank's box [GPa]. Collective.
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> voxel_stress(Vec u, const std::vector<SymmetricTensor<Dim>>& eigenstrain) const;

    /// Returns K as a matrix without entries (MATSHELL), which keeps a pointer to this mesh. Collective.
    [[nodiscard]] PetscMatrix matrix_free() const;

    /// Returns K as a sparse matrix whose near-null-space are the rigid-body modes, for multigrid. Collective.
    [[nodiscard]] PetscMatrix assembled() const;

    /// Returns the rigid translations, the null space of the periodic operator. Collective.
    [[nodiscard]] PetscNullSpace translations() const;

  private:
    template <class Visit>
    void for_each_element(Visit&& visit) const;
    template <class ElementForces>
    void assemble_vector(Vec y, ElementForces&& element_forces) const;

    int elements_;
    Box<Dim> voxels_;
    Box<Dim> ghosted_;  ///< nodes of this rank with their ghosts
    std::vector<Moduli> moduli_;
    Element<Dim> element_;
    std::array<std::int64_t, element_nodes<Dim>> node_offset_{};  ///< from an element's lower corner, in ghosted numbering
    Index<Dim> nodes_;                                            ///< of the whole mesh, along each axis
    PetscMesh dm_;
};

}  // namespace shearwater
