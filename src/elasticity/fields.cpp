#include <shearwater/elasticity/fields.hpp>

#include <cmath>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

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
Fields fields(const std::vector<SymmetricTensor<Dim>>& tensors)
{
    Fields rows(tensor_size<Dim>, std::vector<double>(tensors.size()));
    for (std::size_t voxel = 0; voxel < tensors.size(); ++voxel) {
        const auto d = deviator<Dim>(tensors[voxel]);
        for (int a = 0; a < deviator_size<Dim>; ++a) rows[a][voxel] = d[a];
        rows.back()[voxel] = mean_diagonal<Dim>(tensors[voxel]);
    }
    return rows;
}

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

template std::vector<SymmetricTensor<2>> tensors<2>(const Fields&);
template std::vector<SymmetricTensor<3>> tensors<3>(const Fields&);
template Fields fields<2>(const std::vector<SymmetricTensor<2>>&);
template Fields fields<3>(const std::vector<SymmetricTensor<3>>&);

}  // namespace shearwater
