#include <shearwater/elasticity/solve/mesh.hpp>

#include <cmath>
#include <utility>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

std::vector<PetscInt> scaled(const std::vector<int>& widths, int factor)
{
    std::vector<PetscInt> scaled;
    for (const int width : widths) scaled.push_back(static_cast<PetscInt>(width) * factor);
    return scaled;
}

template <int Dim>
PetscMesh make_dm(const Communicator& comm, const Partition<Dim>& partition, int elements)
{
    const auto nodes = partition.grid().refined(elements).size;
    const auto ranks = partition.process_grid();
    std::array<std::vector<PetscInt>, Dim> widths;
    for (int axis = 0; axis < Dim; ++axis) widths[axis] = scaled(partition.widths(axis), elements);
    constexpr auto periodic = DM_BOUNDARY_PERIODIC;
    PetscMesh dm;
    if constexpr (Dim == 2)
        SHEARWATER_PETSC(DMDACreate2d(comm.get(), periodic, periodic, DMDA_STENCIL_BOX, nodes[0], nodes[1], ranks[0], ranks[1], Dim, 1,
                                      widths[0].data(), widths[1].data(), dm.receive()));
    else
        SHEARWATER_PETSC(DMDACreate3d(comm.get(), periodic, periodic, periodic, DMDA_STENCIL_BOX, nodes[0], nodes[1], nodes[2], ranks[0], ranks[1],
                                      ranks[2], Dim, 1, widths[0].data(), widths[1].data(), widths[2].data(), dm.receive()));
    SHEARWATER_PETSC(DMSetUp(dm.get()));
    return dm;
}

template <int Dim>
Box<Dim> ghosted_box(DM dm)
{
    std::array<PetscInt, 3> begin{};
    std::array<PetscInt, 3> width{};
    SHEARWATER_PETSC(DMDAGetGhostCorners(dm, &begin[0], &begin[1], &begin[2], &width[0], &width[1], &width[2]));
    Box<Dim> box;
    for (int axis = 0; axis < Dim; ++axis) {
        box.begin[axis] = static_cast<int>(begin[axis]);
        box.end[axis] = static_cast<int>(begin[axis] + width[axis]);
    }
    return box;
}

/// A ghosted local vector of the DM's pool, given back at the end.
class LocalVector {
  public:
    explicit LocalVector(DM dm) : dm_(dm) { SHEARWATER_PETSC(DMGetLocalVector(dm_, &vector_)); }
    ~LocalVector() { DMRestoreLocalVector(dm_, &vector_); }
    LocalVector(const LocalVector&) = delete;
    LocalVector& operator=(const LocalVector&) = delete;
    LocalVector(LocalVector&&) = delete;
    LocalVector& operator=(LocalVector&&) = delete;

    [[nodiscard]] Vec get() const noexcept { return vector_; }

    /// Copies the values of a global vector, ghosts included. Collective.
    void gather(Vec global)
    {
        SHEARWATER_PETSC(DMGlobalToLocalBegin(dm_, global, INSERT_VALUES, vector_));
        SHEARWATER_PETSC(DMGlobalToLocalEnd(dm_, global, INSERT_VALUES, vector_));
    }

  private:
    DM dm_;
    Vec vector_ = nullptr;
};

/// Calls ElasticMesh::apply for PETSc.
template <int Dim>
PetscErrorCode apply_shell(Mat matrix, Vec u, Vec y)
{
    void* context = nullptr;
    MatShellGetContext(matrix, static_cast<void*>(&context));
    try {
        static_cast<const ElasticMesh<Dim>*>(context)->apply(u, y);
    } catch (const std::exception& error) {
        SETERRQ(PETSC_COMM_SELF, PETSC_ERR_LIB, "%s", error.what());
    }
    return 0;
}

}  // namespace

template <int Dim>
ElasticMesh<Dim>::ElasticMesh(const Communicator& comm, const Partition<Dim>& partition, int elements_per_voxel, std::vector<Moduli> moduli)
    : elements_(elements_per_voxel),
      voxels_(partition.box(comm.rank())),
      moduli_(std::move(moduli)),
      nodes_(partition.grid().refined(elements_per_voxel).size),
      dm_(make_dm(comm, partition, elements_per_voxel))
{
    SHEARWATER_EXPECTS(moduli_.size() == 1 || static_cast<std::int64_t>(moduli_.size()) == voxels_.count());
    ghosted_ = ghosted_box<Dim>(dm_.get());
    for (int node = 0; node < element_nodes<Dim>; ++node) {
        auto corner = ghosted_.begin;
        for (int axis = 0; axis < Dim; ++axis) corner[axis] += node >> axis & 1;
        node_offset_[node] = ghosted_.local(corner);
    }
}

/// Calls visit(voxel, place of the lower corner node among the ghosted nodes) for every element of this rank.
template <int Dim>
template <class Visit>
void ElasticMesh<Dim>::for_each_element(Visit&& visit) const
{
    const auto mine = voxels_.refined(elements_);
    const int length = mine.extent(0);
    for (std::int64_t start = 0; start < mine.count(); start += length) {
        const auto first = mine.index(start);
        auto voxel = first;
        for (int& i : voxel) i /= elements_;
        const std::int64_t voxel_start = voxels_.local(voxel);
        const std::int64_t corner = ghosted_.local(first);
        for (int i = 0; i < length; ++i) visit(voxel_start + i / elements_, corner + i);
    }
}

/// Computes y = Σ over elements of element_forces(voxel, corner), an array of one force per unknown of the element. Collective.
template <int Dim>
template <class ElementForces>
void ElasticMesh<Dim>::assemble_vector(Vec y, ElementForces&& element_forces) const
{
    LocalVector local(dm_.get());
    SHEARWATER_PETSC(VecZeroEntries(local.get()));
    double* values = nullptr;
    SHEARWATER_PETSC(VecGetArray(local.get(), &values));
    for_each_element([&](std::int64_t voxel, std::int64_t corner) {
        const auto force = element_forces(voxel, corner);
        for (int node = 0; node < element_nodes<Dim>; ++node)
            for (int i = 0; i < Dim; ++i) values[Dim * (corner + node_offset_[node]) + i] += force[Dim * node + i];
    });
    SHEARWATER_PETSC(VecRestoreArray(local.get(), &values));
    SHEARWATER_PETSC(VecZeroEntries(y));
    SHEARWATER_PETSC(DMLocalToGlobalBegin(dm_.get(), local.get(), ADD_VALUES, y));
    SHEARWATER_PETSC(DMLocalToGlobalEnd(dm_.get(), local.get(), ADD_VALUES, y));
}

template <int Dim>
void ElasticMesh<Dim>::apply(Vec u, Vec y) const
{
    constexpr int unknowns = element_unknowns<Dim>;
    LocalVector local(dm_.get());
    local.gather(u);
    const double* values = nullptr;
    SHEARWATER_PETSC(VecGetArrayRead(local.get(), &values));
    typename Element<Dim>::Matrix stiffness{};
    std::int64_t current = -1;
    assemble_vector(y, [&](std::int64_t voxel, std::int64_t corner) {
        if (current < 0 || (voxel != current && moduli_.size() > 1)) {
            current = voxel;
            const auto& [lambda, mu] = moduli(voxel);
            for (int a = 0; a < unknowns; ++a)
                for (int b = 0; b < unknowns; ++b) stiffness[a][b] = lambda * element_.stiffness_lambda[a][b] + mu * element_.stiffness_mu[a][b];
        }
        std::array<double, unknowns> displacement;
        for (int node = 0; node < element_nodes<Dim>; ++node)
            for (int i = 0; i < Dim; ++i) displacement[Dim * node + i] = values[Dim * (corner + node_offset_[node]) + i];
        // Row b of the symmetric matrix serves as column b, so that the inner loop runs over neighbours in memory.
        std::array<double, unknowns> force{};
        for (int b = 0; b < unknowns; ++b)
            for (int a = 0; a < unknowns; ++a) force[a] += stiffness[b][a] * displacement[b];
        return force;
    });
    SHEARWATER_PETSC(VecRestoreArrayRead(local.get(), &values));
}

template <int Dim>
void ElasticMesh<Dim>::eigenstrain_forces(const std::vector<SymmetricTensor<Dim>>& eigenstrain, Vec forces) const
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(eigenstrain.size()) == voxels_.count());
    assemble_vector(forces,
                    [&](std::int64_t voxel, std::int64_t /*corner*/) { return element_.force(stress_of<Dim>(moduli(voxel), eigenstrain[voxel])); });
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> ElasticMesh<Dim>::voxel_stress(Vec u, const std::vector<SymmetricTensor<Dim>>& eigenstrain) const
{
    LocalVector local(dm_.get());
    local.gather(u);
    const double* values = nullptr;
    SHEARWATER_PETSC(VecGetArrayRead(local.get(), &values));
    std::vector<SymmetricTensor<Dim>> mean(voxels_.count());
    const double share = std::pow(elements_, -Dim);
    for_each_element([&](std::int64_t voxel, std::int64_t corner) {
        std::array<double, element_unknowns<Dim>> displacement;
        for (int node = 0; node < element_nodes<Dim>; ++node)
            for (int i = 0; i < Dim; ++i) displacement[Dim * node + i] = values[Dim * (corner + node_offset_[node]) + i];
        const auto strain = element_.strain(displacement);
        for (int c = 0; c < tensor_size<Dim>; ++c) mean[voxel][c] += share * strain[c];
    });
    SHEARWATER_PETSC(VecRestoreArrayRead(local.get(), &values));
    for (std::size_t voxel = 0; voxel < mean.size(); ++voxel) {
        for (int c = 0; c < tensor_size<Dim>; ++c) mean[voxel][c] -= eigenstrain[voxel][c];
        mean[voxel] = stress_of<Dim>(moduli(static_cast<std::int64_t>(voxel)), mean[voxel]);
    }
    return mean;
}

template <int Dim>
PetscMatrix ElasticMesh<Dim>::matrix_free() const
{
    const auto count = static_cast<PetscInt>(voxels_.refined(elements_).count() * Dim);
    MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(dm_.get()));
    PetscMatrix matrix;
    SHEARWATER_PETSC(
        MatCreateShell(comm, count, count, PETSC_DETERMINE, PETSC_DETERMINE, const_cast<void*>(static_cast<const void*>(this)), matrix.receive()));
    SHEARWATER_PETSC(MatShellSetOperation(matrix.get(), MATOP_MULT, reinterpret_cast<void (*)()>(apply_shell<Dim>)));
    SHEARWATER_PETSC(MatSetOption(matrix.get(), MAT_SYMMETRIC, PETSC_TRUE));
    return matrix;
}

template <int Dim>
PetscMatrix ElasticMesh<Dim>::assembled() const
{
    constexpr int unknowns = element_unknowns<Dim>;
    PetscMatrix matrix;
    SHEARWATER_PETSC(DMCreateMatrix(dm_.get(), matrix.receive()));
    std::array<double, unknowns * unknowns> values{};
    for_each_element([&](std::int64_t voxel, std::int64_t corner) {
        const auto& [lambda, mu] = moduli(voxel);
        std::array<PetscInt, element_nodes<Dim>> nodes{};
        for (int node = 0; node < element_nodes<Dim>; ++node) nodes[node] = static_cast<PetscInt>(corner + node_offset_[node]);
        for (int a = 0; a < unknowns; ++a)
            for (int b = 0; b < unknowns; ++b) values[a * unknowns + b] = lambda * element_.stiffness_lambda[a][b] + mu * element_.stiffness_mu[a][b];
        SHEARWATER_PETSC(
            MatSetValuesBlockedLocal(matrix.get(), element_nodes<Dim>, nodes.data(), element_nodes<Dim>, nodes.data(), values.data(), ADD_VALUES));
    });
    SHEARWATER_PETSC(MatAssemblyBegin(matrix.get(), MAT_FINAL_ASSEMBLY));
    SHEARWATER_PETSC(MatAssemblyEnd(matrix.get(), MAT_FINAL_ASSEMBLY));
    SHEARWATER_PETSC(MatSetOption(matrix.get(), MAT_SYMMETRIC, PETSC_TRUE));
    // In element edges along every axis: stretched coordinates would give wrong rotations.
    SHEARWATER_PETSC(DMDASetUniformCoordinates(dm_.get(), 0.0, nodes_[0], 0.0, nodes_[1], 0.0, nodes_[Dim - 1]));
    Vec coordinates = nullptr;
    SHEARWATER_PETSC(DMGetCoordinates(dm_.get(), &coordinates));
    PetscNullSpace rigid;
    SHEARWATER_PETSC(MatNullSpaceCreateRigidBody(coordinates, rigid.receive()));
    SHEARWATER_PETSC(MatSetNearNullSpace(matrix.get(), rigid.get()));
    return matrix;
}

template <int Dim>
PetscNullSpace ElasticMesh<Dim>::translations() const
{
    MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(dm_.get()));
    std::array<PetscVector, Dim> modes;
    std::array<Vec, Dim> raw{};
    for (int i = 0; i < Dim; ++i) {
        SHEARWATER_PETSC(DMCreateGlobalVector(dm_.get(), modes[i].receive()));
        SHEARWATER_PETSC(VecStrideSet(modes[i].get(), i, 1.0));
        SHEARWATER_PETSC(VecNormalize(modes[i].get(), nullptr));
        raw[i] = modes[i].get();
    }
    PetscNullSpace space;
    SHEARWATER_PETSC(MatNullSpaceCreate(comm, PETSC_FALSE, Dim, raw.data(), space.receive()));
    return space;
}

template class ElasticMesh<2>;
template class ElasticMesh<3>;

}  // namespace shearwater
