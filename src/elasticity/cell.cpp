#include <shearwater/elasticity/cell.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/mpi_error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::vector<SymmetricTensor<Dim>> tensors(const Fields& deviators)
{
    std::vector<SymmetricTensor<Dim>> tensors(deviators[0].size());
    for (std::size_t voxel = 0; voxel < tensors.size(); ++voxel) {
        Deviator<Dim> d{};
        for (int a = 0; a < deviator_size<Dim>; ++a) d[a] = deviators[a][voxel];
        tensors[voxel] = from_deviator<Dim>(d);
    }
    return tensors;
}

template <int Dim>
Fields fields(const std::vector<SymmetricTensor<Dim>>& stress)
{
    Fields rows(tensor_size<Dim>, std::vector<double>(stress.size()));
    for (std::size_t voxel = 0; voxel < stress.size(); ++voxel) {
        const auto d = deviator<Dim>(stress[voxel]);
        for (int a = 0; a < deviator_size<Dim>; ++a) rows[a][voxel] = d[a];
        rows.back()[voxel] = mean_diagonal<Dim>(stress[voxel]);
    }
    return rows;
}

template <int Dim>
std::array<double, tensor_size<Dim>> sum_over_ranks(const Communicator& comm, std::array<double, tensor_size<Dim>> values)
{
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, values.data(), tensor_size<Dim>, MPI_DOUBLE, MPI_SUM, comm.get()), "MPI_Allreduce");
    return values;
}

}  // namespace

double largest_difference(const Communicator& comm, const Fields& a, const Fields& b)
{
    double largest = 0.0;
    for (std::size_t row = 0; row < a.size(); ++row)
        for (std::size_t voxel = 0; voxel < a[row].size(); ++voxel) {
            const double difference = std::abs(a[row][voxel] - b[row][voxel]);
            // A NaN must come out as a difference, which std::max would lose.
            largest = difference <= largest ? largest : (std::isnan(difference) ? HUGE_VAL : difference);
        }
    return maximum(comm, largest);
}

template <int Dim>
ElasticCell<Dim>::ElasticCell(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options,
                              std::unique_ptr<ElasticSolver<Dim>> solver, std::vector<Moduli> moduli)
    : comm_(comm), grid_(partition.grid()), box_(partition.box(comm.rank())), moduli_(std::move(moduli)), solver_(std::move(solver))
{
    SHEARWATER_EXPECTS(solver_ != nullptr || options.discretization == Discretization::Spectral);
    if (options.update == Update::Kernel) {
        SHEARWATER_EXPECTS(is_uniform());
        response_.emplace(comm, grid_, partition.boxes(), moduli_.front(), options.discretization, elements_per_voxel<Dim>(options));
        kernel_.emplace(comm, partition.boxes(), *response_);
    }
    find_load_response();
}

/// A(x): C when uniform; otherwise a solve for each component of mean strain, which acts like an eigenstrain of opposite sign.
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
            stress = solver_->stress(std::vector<SymmetricTensor<Dim>>(box_.count(), opposite));
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
Fields ElasticCell<Dim>::stress(const Fields& eigenstrain)
{
    return response_ ? response_->stress(eigenstrain) : fields<Dim>(solver_->stress(tensors<Dim>(eigenstrain)));
}

template <int Dim>
Fields ElasticCell<Dim>::judged_stress(const Fields& eigenstrain)
{
    return solver_ ? fields<Dim>(solver_->accurate_stress(tensors<Dim>(eigenstrain))) : response_->stress(eigenstrain);
}

template <int Dim>
double ElasticCell<Dim>::kernel_deviation()
{
    constexpr int n = deviator_size<Dim>;
    if (!kernel_ || !solver_) return 0.0;
    const Index<Dim> source{};
    double largest = 0.0;
    for (int b = 0; b < n; ++b) {
        Fields eigenstrain(n, std::vector<double>(box_.count()));
        if (box_.contains(source)) eigenstrain[b][box_.local(source)] = 1.0;
        const auto stress = judged_stress(eigenstrain);
        Fields tabulated(n, std::vector<double>(box_.count()));
        for (std::int64_t voxel = 0; voxel < box_.count(); ++voxel)
            for (int a = 0; a < n; ++a) tabulated[a][voxel] = kernel_->value(box_.index(voxel), a, b);
        largest = std::max(largest, largest_difference(comm_, tabulated, stress));
    }
    return largest;
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
