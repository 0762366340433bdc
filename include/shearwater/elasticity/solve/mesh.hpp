#pragma once

#include <vector>

#include <petscdmda.h>

#include <shearwater/elasticity/element.hpp>
#include <shearwater/lattice/partition.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/petsc/handles.hpp>

namespace shearwater {

using PetscMesh = PetscHandle<DM, DMDestroy>;

/// The periodic Q1 mesh on a DMDA: k elements per voxel edge, cut among ranks as the voxels are, so that a voxel's elements
/// belong to its rank. Lengths are in element edges. Node (i, j, ...) is the lower corner of element (i, j, ...).
///
/// Operations work on PETSc vectors of displacements or nodal forces, Dim values per node.
template <int Dim>
class ElasticMesh {
  public:
    /// @param moduli  one per voxel of this rank's box, x fastest, or a single one for all
    /// Collective.
    ElasticMesh(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli);

    [[nodiscard]] DM dm() const noexcept { return dm_.get(); }
    [[nodiscard]] int elements_per_voxel() const noexcept { return elements_; }
    [[nodiscard]] const Box<Dim>& voxels() const noexcept { return voxels_; }
    [[nodiscard]] const Moduli& moduli(std::int64_t voxel) const noexcept { return moduli_[moduli_.size() == 1 ? 0 : voxel]; }

    /// y = K u, element by element. Collective.
    void apply(Vec u, Vec y) const;

    /// Nodal forces of the eigenstrains, Σ ∫ Bᵀ C:ε*. Collective.
    /// @param eigenstrain  one tensor per voxel of this rank's box
    void eigenstrain_forces(const std::vector<SymmetricTensor<Dim>>& eigenstrain, Vec forces) const;

    /// Voxel means of C:(ε(u) − ε*) [GPa], one per voxel of this rank's box. Collective.
    [[nodiscard]] std::vector<SymmetricTensor<Dim>> voxel_stress(Vec u, const std::vector<SymmetricTensor<Dim>>& eigenstrain) const;

    /// The operator as a matrix without entries; refers to this mesh. Collective.
    [[nodiscard]] PetscMatrix matrix_free() const;

    /// The operator as a sparse matrix with rigid-body modes as near-null-space, for multigrid. Collective.
    [[nodiscard]] PetscMatrix assembled() const;

    /// Rigid translations, which the periodic operator does not see. Collective.
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
