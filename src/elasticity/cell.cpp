#include <shearwater/elasticity/cell.hpp>

#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::array<double, tensor_size<Dim>> sum_over_ranks(const Communicator& comm, std::array<double, tensor_size<Dim>> values)
{
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, values.data(), tensor_size<Dim>, MPI_DOUBLE, MPI_SUM, comm.get()), "MPI_Allreduce");
    return values;
}

}  // namespace

template <int Dim>
ElasticCell<Dim>::ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                              std::unique_ptr<ElasticSolver<Dim>> solver, std::vector<Moduli> moduli)
    : comm_(comm), grid_(partition.grid()), box_(partition.box(comm.rank())), moduli_(std::move(moduli)), solver_(std::move(solver))
{
    SHEARWATER_EXPECTS(solver_ != nullptr || options.discretization == Discretization::Spectral);
    SHEARWATER_EXPECTS(options.update == Update::Kernel || solver_->partition().boxes() == partition.boxes());
    if (solver_) stress_check_.emplace(comm, partition, *solver_);
    if (options.update == Update::Kernel) tabulate(partition, options);
    find_load_response();
}

template <int Dim>
ElasticCell<Dim>::ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                              std::unique_ptr<TransformSolver<Dim>> checker, const Moduli& moduli)
    : comm_(comm), grid_(partition.grid()), box_(partition.box(comm.rank())), moduli_{moduli}, checker_(std::move(checker))
{
    SHEARWATER_EXPECTS(checker_ != nullptr && options.update == Update::Kernel);
    stress_check_.emplace(comm, partition, *checker_);
    tabulate(partition, options);
    find_load_response();
}

/// Computes the kernel. Collective.
template <int Dim>
void ElasticCell<Dim>::tabulate(const Partition<Dim>& partition, const ElasticityOptions& options)
{
    SHEARWATER_EXPECTS(is_uniform());
    response_.emplace(comm_, grid_, partition.boxes(), moduli_.front(), options.discretization, elements_per_voxel<Dim>(options));
    kernel_.emplace(comm_, partition.boxes(), *response_);
}

/// Finds A(x): C if moduli are uniform; otherwise by a solve for each component of mean strain, which acts like an eigenstrain of opposite sign. All stresses
/// rest on it, so that the solves are accurate ones. Collective.
template <int Dim>
void ElasticCell<Dim>::find_load_response()
{
    constexpr int size = tensor_size<Dim>;
    load_response_.assign(is_uniform() ? 1 : box_.count(), {});
    for (int column = 0; column < size; ++column) {
        SymmetricTensor<Dim> unit{};
        unit[column] = 1.0;
        std::vector<SymmetricTensor<Dim>> stress;
        if (is_uniform()) {
            stress = {stress_of<Dim>(moduli_.front(), unit)};
        } else {
            SymmetricTensor<Dim> opposite{};
            opposite[column] = -1.0;
            stress = solver_->accurate_stress(std::vector<SymmetricTensor<Dim>>(box_.count(), opposite));
        }
        std::array<double, size> mean{};
        for (std::size_t voxel = 0; voxel < stress.size(); ++voxel) {
            const auto d = deviator<Dim>(stress[voxel]);
            for (int a = 0; a < deviator_size<Dim>; ++a) load_response_[voxel][a][column] = d[a];
            load_response_[voxel][size - 1][column] = mean_diagonal<Dim>(stress[voxel]);
            for (int i = 0; i < size; ++i) mean[i] += stress[voxel][i];
        }
        if (!is_uniform()) {
            mean = sum_over_ranks<Dim>(comm_, mean);
            for (double& value : mean) value /= static_cast<double>(grid_.count());
        }
        for (int i = 0; i < size; ++i) mean_stiffness_[i][column] = mean[i];
    }
}

template <int Dim>
Fields ElasticCell<Dim>::zero_fields() const
{
    return response_ ? response_->zero_fields() : Fields(deviator_size<Dim>, std::vector<double>(box_.count()));
}

template <int Dim>
Fields ElasticCell<Dim>::stress(Fields eigenstrain)
{
    return response_ ? response_->deviatoric_stress(std::move(eigenstrain)) : stress_by_petsc(eigenstrain);
}

template <int Dim>
Fields ElasticCell<Dim>::stress_by_petsc(const Fields& eigenstrain)
{
    SHEARWATER_EXPECTS(solver_ != nullptr && solver_->partition().box(comm_.rank()) == box_);
    return fields<Dim>(solver_->stress(tensors<Dim>(eigenstrain)));
}

template <int Dim>
std::vector<double> ElasticCell<Dim>::mean_normal_stress(Fields eigenstrain)
{
    return response_ ? response_->mean_normal_stress(std::move(eigenstrain))
                     : fields<Dim>(solver_->accurate_stress(tensors<Dim>(eigenstrain))).back();
}

template <int Dim>
double ElasticCell<Dim>::stress_deviation(const Fields& stress, const FieldFunction& eigenstrain)
{
    if (stress_check_) return stress_check_->deviation(stress, eigenstrain);
    auto fields = zero_fields();
    for (int a = 0; a < deviator_size<Dim>; ++a)
        for (std::int64_t voxel = 0; voxel < box_.count(); ++voxel) fields[a][voxel] = eigenstrain(a, voxel);
    return largest_difference(comm_, response_->deviatoric_stress(std::move(fields)), stress);
}

template <int Dim>
double ElasticCell<Dim>::stress_deviation(const Fields& stress, const Fields& eigenstrain)
{
    return stress_deviation(stress, [&](int a, std::int64_t voxel) { return eigenstrain[a][voxel]; });
}

template <int Dim>
double ElasticCell<Dim>::kernel_deviation()
{
    return kernel_ && stress_check_ ? stress_check_->kernel_deviation(*kernel_) : 0.0;
}

template <int Dim>
SymmetricTensor<Dim> ElasticCell<Dim>::mean_eigenstress(const Deviator<Dim>& mean_eigenstrain, const Fields& stress) const
{
    if (is_uniform()) {
        auto mean = stress_of<Dim>(moduli_.front(), from_deviator<Dim>(mean_eigenstrain));
        for (double& component : mean) component = -component;
        return mean;
    }
    std::array<double, tensor_size<Dim>> sums{};
    for (int row = 0; row < tensor_size<Dim>; ++row)
        for (const double value : stress[row]) sums[row] += value;
    sums = sum_over_ranks<Dim>(comm_, sums);
    Deviator<Dim> d{};
    for (int a = 0; a < deviator_size<Dim>; ++a) d[a] = sums[a] / static_cast<double>(grid_.count());
    auto mean = from_deviator<Dim>(d);
    for (int i = 0; i < Dim; ++i) mean[i] += sums.back() / static_cast<double>(grid_.count());
    return mean;
}

template class ElasticCell<2>;
template class ElasticCell<3>;

}  // namespace shearwater
