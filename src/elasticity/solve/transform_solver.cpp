#include <shearwater/elasticity/solve/transform_solver.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// The value of a field at a point of the lattice or mesh, as it is sent to other ranks. Plain data.
template <int Dim>
struct PointValue {
    Index<Dim> at{};
    double value = 0.0;
};

template <int Dim>
Box<Dim> widened(Box<Dim> box) noexcept
{
    for (int axis = 0; axis < Dim; ++axis) {
        --box.begin[axis];
        ++box.end[axis];
    }
    return box;
}

template <int Dim>
Index<Dim> wrapped(Index<Dim> index, const Grid<Dim>& grid) noexcept
{
    for (int axis = 0; axis < Dim; ++axis) {
        if (index[axis] < 0) index[axis] += grid.size[axis];
        if (index[axis] >= grid.size[axis]) index[axis] -= grid.size[axis];
    }
    return index;
}

/// Whether a point of a box may have a neighbour of another rank.
template <int Dim>
bool is_at_surface(const Index<Dim>& index, const Box<Dim>& box, const Grid<Dim>& grid) noexcept
{
    for (int axis = 0; axis < Dim; ++axis)
        if (box.extent(axis) < grid.size[axis] && (index[axis] == box.begin[axis] || index[axis] + 1 == box.end[axis])) return true;
    return false;
}

/// A corner of an element, or a neighbour of a node, by its number: bit i, or ternary digit i minus 1, is its offset along axis i.
template <int Dim>
Index<Dim> offset_of(int number, int base, int least) noexcept
{
    Index<Dim> offset{};
    for (int& along : offset) {
        along = number % base + least;
        number /= base;
    }
    return offset;
}

template <int Dim>
Index<Dim> sum(Index<Dim> a, const Index<Dim>& b) noexcept
{
    for (int axis = 0; axis < Dim; ++axis) a[axis] += b[axis];
    return a;
}

/// Distance in the numbering of a box between a point and its neighbour at an offset.
template <int Dim>
std::int64_t step_of(const Box<Dim>& box, const Index<Dim>& offset) noexcept
{
    std::int64_t step = 0;
    for (int axis = Dim - 1; axis >= 0; --axis) step = step * box.extent(axis) + offset[axis];
    return step;
}

/// The quotient rounded down, of negative numbers too.
int floor_divided(int number, int divisor) noexcept
{
    return number >= 0 ? number / divisor : -1 - (-1 - number) / divisor;
}

}  // namespace

template <int Dim>
TransformSolver<Dim>::TransformSolver(const Communicator& comm, const Partition<Dim>& partition, int elements, const Moduli& moduli)
    : comm_(comm),
      partition_(partition),
      node_partition_(partition.refined(elements)),
      elements_(elements),
      moduli_(moduli),
      stencil_(assemble()),
      voxels_(partition.box(comm.rank())),
      nodes_(node_partition_.box(comm.rank())),
      around_voxels_(widened(voxels_)),
      around_nodes_(widened(nodes_)),
      voxel_exchange_(comm, HaloPlan<Dim>(partition_, comm.rank(), 1)),
      node_exchange_(comm, HaloPlan<Dim>(node_partition_, comm.rank(), 1)),
      fft_(comm, node_partition_.grid(), node_partition_.boxes())
{
}

/// Assembles the rows of a node in K from the matrices of the elements around it.
template <int Dim>
typename TransformSolver<Dim>::Stencil TransformSolver<Dim>::assemble() const noexcept
{
    Stencil stencil{};
    for (int corner = 0; corner < element_nodes<Dim>; ++corner)
        for (int other = 0; other < element_nodes<Dim>; ++other) {
            const auto from = offset_of<Dim>(corner, 2, 0);
            const auto to = offset_of<Dim>(other, 2, 0);
            int neighbour = 0;
            for (int axis = Dim - 1; axis >= 0; --axis) neighbour = 3 * neighbour + to[axis] - from[axis] + 1;
            for (int i = 0; i < Dim; ++i)
                for (int j = 0; j < Dim; ++j)
                    stencil[neighbour][i][j] += moduli_.lambda * element_.stiffness_lambda[Dim * corner + i][Dim * other + j] +
                                                moduli_.mu * element_.stiffness_mu[Dim * corner + i][Dim * other + j];
        }
    return stencil;
}

/// Returns a field of this rank's box with one layer around it, continued periodically. Collective.
template <int Dim>
std::vector<double> TransformSolver<Dim>::with_surroundings(HaloExchange<Dim>& exchange, const Grid<Dim>& grid, std::span<const double> field)
{
    const auto& box = exchange.plan().box();
    const auto around = widened<Dim>(box);
    std::vector<double> wide(around.count());
    std::vector<PointValue<Dim>> surface;
    for (std::int64_t point = 0; point < box.count(); ++point) {
        const auto at = box.index(point);
        wide[around.local(at)] = field[point];
        if (is_at_surface<Dim>(at, box, grid)) surface.push_back({at, field[point]});
    }
    const auto less = [&](const PointValue<Dim>& a, const PointValue<Dim>& b) { return grid.id(a.at) < grid.id(b.at); };
    const auto others = exchange.template spread<PointValue<Dim>>(
        std::span<const PointValue<Dim>>(surface), [](const auto& item) { return item.at; }, less);
    for (std::int64_t point = 0; point < around.count(); ++point) {
        const auto index = around.index(point);
        if (box.contains(index)) continue;
        const auto at = wrapped<Dim>(index, grid);
        if (box.contains(at)) {
            wide[point] = field[box.local(at)];
            continue;
        }
        const auto found = std::lower_bound(others.begin(), others.end(), PointValue<Dim>{at, 0.0}, less);
        SHEARWATER_EXPECTS(found != others.end() && found->at == at);
        wide[point] = found->value;
    }
    return wide;
}

/// Returns the nodal force of the eigenstrains, Σ ∫ Bᵀ C:ε* over the elements that share the node.
template <int Dim>
typename TransformSolver<Dim>::NodeValue TransformSolver<Dim>::force(const Index<Dim>& node, const Fields& eigenstress) const noexcept
{
    NodeValue force{};
    for (int corner = 0; corner < element_nodes<Dim>; ++corner) {
        auto voxel = node;
        const auto offset = offset_of<Dim>(corner, 2, 0);
        for (int axis = 0; axis < Dim; ++axis) voxel[axis] = floor_divided(node[axis] - offset[axis], elements_);
        const auto place = around_voxels_.local(voxel);
        for (int c = 0; c < tensor_size<Dim>; ++c)
            for (int i = 0; i < Dim; ++i) force[i] += multiplicity<Dim>(c) * element_.mean_strain[c][Dim * corner + i] * eigenstress[c][place];
    }
    return force;
}

/// Replaces forces by displacements at this rank's wave vectors.
template <int Dim>
void TransformSolver<Dim>::solve(const std::array<std::span<std::complex<double>>, Dim>& spectra) const
{
    fft_.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        NodeValue real{};
        NodeValue imaginary{};
        if (std::any_of(q.begin(), q.end(), [](double component) { return component != 0.0; })) {
            for (int i = 0; i < Dim; ++i) {
                real[i] = spectra[i][place].real();
                imaginary[i] = spectra[i][place].imag();
            }
            const auto symbol = q1_symbol<Dim>(q, moduli_);
            real = solve_stiffness<Dim>(symbol, real);
            imaginary = solve_stiffness<Dim>(symbol, imaginary);
        }
        for (int i = 0; i < Dim; ++i) spectra[i][place] = {real[i], imaginary[i]};
    });
}

/// Ends the solution on all ranks if the grace period is over on one of them. Collective.
template <int Dim>
void TransformSolver<Dim>::leave_if_overdue() const
{
    const Interrupt* interrupt = comm_.interrupt();
    if (interrupt != nullptr && interrupt->is_armed() && any(comm_, interrupt->is_overdue())) throw Interrupted(false);
}

template <int Dim>
typename TransformSolver<Dim>::NodeFields TransformSolver<Dim>::displacements(const Fields& eigenstress)
{
    // The same memory holds forces, their spectra, the spectra of displacements, and displacements.
    const auto spectral = static_cast<std::size_t>(fft_.spectral_box().count());
    const auto mine = static_cast<std::size_t>(nodes_.count());
    NodeFields fields;
    std::array<std::span<std::complex<double>>, Dim> spectra;
    for (int i = 0; i < Dim; ++i) {
        fields[i].resize(std::max(mine, 2 * spectral));
        spectra[i] = {reinterpret_cast<std::complex<double>*>(fields[i].data()), spectral};
    }
    for (std::int64_t node = 0; node < nodes_.count(); ++node) {
        const auto value = force(nodes_.index(node), eigenstress);
        for (int i = 0; i < Dim; ++i) fields[i][node] = value[i];
    }
    for (int i = 0; i < Dim; ++i) {
        leave_if_overdue();
        fft_.forward(std::span<const double>(fields[i]).first(mine), spectra[i]);
    }
    solve(spectra);
    for (int i = 0; i < Dim; ++i) {
        leave_if_overdue();
        fft_.backward(spectra[i], std::span<double>(fields[i]).first(mine));
        fields[i] = with_surroundings(node_exchange_, node_partition_.grid(), std::span<const double>(fields[i]).first(mine));
    }
    return fields;
}

/// Returns the largest sum of the magnitudes in a row of K, which bounds its norm [GPa].
template <int Dim>
double TransformSolver<Dim>::stiffness_norm() const noexcept
{
    double largest = 0.0;
    for (int i = 0; i < Dim; ++i) {
        double sum = 0.0;
        for (const auto& neighbour : stencil_)
            for (int j = 0; j < Dim; ++j) sum += std::abs(neighbour[i][j]);
        largest = std::max(largest, sum);
    }
    return largest;
}

template <int Dim>
double TransformSolver<Dim>::residual(const NodeFields& displacement, const Fields& eigenstress) const
{
    std::array<std::int64_t, std::tuple_size_v<Stencil>> steps;
    for (std::size_t neighbour = 0; neighbour < steps.size(); ++neighbour)
        steps[neighbour] = step_of<Dim>(around_nodes_, offset_of<Dim>(static_cast<int>(neighbour), 3, -1));
    double residuals = 0.0;
    double forces = 0.0;
    double displacements = 0.0;
    for (std::int64_t node = 0; node < nodes_.count(); ++node) {
        const auto at = nodes_.index(node);
        const auto place = around_nodes_.local(at);
        const auto given = force(at, eigenstress);
        auto rest = given;
        for (std::size_t neighbour = 0; neighbour < steps.size(); ++neighbour)
            for (int i = 0; i < Dim; ++i)
                for (int j = 0; j < Dim; ++j) rest[i] -= stencil_[neighbour][i][j] * displacement[j][place + steps[neighbour]];
        for (int i = 0; i < Dim; ++i) {
            residuals += rest[i] * rest[i];
            forces += given[i] * given[i];
            displacements += displacement[i][place] * displacement[i][place];
        }
    }
    double stresses = 0.0;
    for (std::int64_t voxel = 0; voxel < voxels_.count(); ++voxel)
        for (const auto& component : eigenstress) stresses += std::pow(component[around_voxels_.local(voxels_.index(voxel))], 2);
    std::array<double, 4> sums{residuals, forces, displacements, stresses * std::pow(elements_, Dim)};
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM, comm_.get()), "MPI_Allreduce");
    if (sums[0] == 0.0) return 0.0;
    // The rounding errors are ε ‖K‖ ‖u‖ for K u, and ε times the stresses for f, which is a sum of differences of stresses of neighbours.
    constexpr double epsilon = 1e-15;
    const double rounding = epsilon * (stiffness_norm() * std::sqrt(sums[2]) + std::sqrt(sums[3]));
    return std::sqrt(sums[0]) / (std::sqrt(sums[1]) + rounding / largest_residual);
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> TransformSolver<Dim>::voxel_stress(const NodeFields& displacement,
                                                                     const std::vector<SymmetricTensor<Dim>>& eigenstrain) const
{
    std::array<std::int64_t, element_nodes<Dim>> steps;
    for (int corner = 0; corner < element_nodes<Dim>; ++corner) steps[corner] = step_of<Dim>(around_nodes_, offset_of<Dim>(corner, 2, 0));
    Grid<Dim> parts;
    parts.size.fill(elements_);
    const double share = 1.0 / static_cast<double>(parts.count());
    std::vector<SymmetricTensor<Dim>> stress(eigenstrain.size());
    for (std::int64_t voxel = 0; voxel < voxels_.count(); ++voxel) {
        auto first = voxels_.index(voxel);
        for (int& along : first) along *= elements_;
        SymmetricTensor<Dim> mean{};
        for (std::int64_t part = 0; part < parts.count(); ++part) {
            const auto place = around_nodes_.local(sum<Dim>(first, parts.index(part)));
            std::array<double, element_unknowns<Dim>> u;
            for (int corner = 0; corner < element_nodes<Dim>; ++corner)
                for (int i = 0; i < Dim; ++i) u[Dim * corner + i] = displacement[i][place + steps[corner]];
            const auto strain = element_.strain(u);
            for (int c = 0; c < tensor_size<Dim>; ++c) mean[c] += share * strain[c];
        }
        for (int c = 0; c < tensor_size<Dim>; ++c) mean[c] -= eigenstrain[voxel][c];
        stress[voxel] = stress_of<Dim>(moduli_, mean);
    }
    return stress;
}

template <int Dim>
Fields TransformSolver<Dim>::eigenstress(const std::vector<SymmetricTensor<Dim>>& eigenstrain)
{
    SHEARWATER_EXPECTS(static_cast<std::int64_t>(eigenstrain.size()) == voxels_.count());
    Fields eigenstress;
    for (int c = 0; c < tensor_size<Dim>; ++c) {
        std::vector<double> component;
        component.reserve(eigenstrain.size());
        for (const auto& strain : eigenstrain) component.push_back(stress_of<Dim>(moduli_, strain)[c]);
        eigenstress.push_back(with_surroundings(voxel_exchange_, partition_.grid(), component));
    }
    return eigenstress;
}

template <int Dim>
std::vector<SymmetricTensor<Dim>> TransformSolver<Dim>::accurate_stress(const std::vector<SymmetricTensor<Dim>>& eigenstrain)
{
    const auto stress = eigenstress(eigenstrain);
    const auto displacement = displacements(stress);
    const double left = residual(displacement, stress);
    if (!(left <= largest_residual))
        throw RunError(
            fmt::format("the check of the stresses failed: the residual of its displacements under the element operator is {:.3e}, more than {:.0e}; "
                        "elasticity.check = petsc has PETSc solve instead",
                        left, largest_residual));
    return voxel_stress(displacement, eigenstrain);
}

template class TransformSolver<2>;
template class TransformSolver<3>;

}  // namespace shearwater
