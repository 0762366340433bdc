#include <shearwater/elasticity/mean_response.hpp>

#include <Eigen/Dense>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
MeanResponse<Dim>::MeanResponse(const Stiffness& stiffness, const std::array<bool, tensor_size<Dim>>& strained)
    : stiffness_(stiffness), strained_(strained)
{
    constexpr int size = tensor_size<Dim>;
    // Rows and columns of the identity replace the components of prescribed strain, so that the inverse is that of the other block.
    Eigen::Matrix<double, size, size> block = Eigen::Matrix<double, size, size>::Identity();
    for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j)
            if (!strained_[i] && !strained_[j]) block(i, j) = stiffness_[i][j];
    const Eigen::FullPivLU<Eigen::Matrix<double, size, size>> factors(block);
    if (!factors.isInvertible()) throw RunError("the mean stiffness of the cell is singular: the moduli do not resist the prescribed stress");
    const Eigen::Matrix<double, size, size> inverse = factors.inverse();
    for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j)
            if (!strained_[i] && !strained_[j]) compliance_[i][j] = inverse(i, j);
}

template <int Dim>
MeanState<Dim> MeanResponse<Dim>::state(const SymmetricTensor<Dim>& prescribed, const SymmetricTensor<Dim>& eigenstress) const noexcept
{
    constexpr int size = tensor_size<Dim>;
    MeanState<Dim> state;
    SymmetricTensor<Dim> missing{};
    for (int i = 0; i < size; ++i)
        if (strained_[i]) state.strain[i] = prescribed[i];
    for (int i = 0; i < size; ++i) {
        if (strained_[i]) continue;
        missing[i] = prescribed[i] - eigenstress[i];
        for (int j = 0; j < size; ++j) missing[i] -= stiffness_[i][j] * state.strain[j];
    }
    for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j) state.strain[i] += compliance_[i][j] * missing[j];
    for (int i = 0; i < size; ++i) {
        state.stress[i] = eigenstress[i];
        for (int j = 0; j < size; ++j) state.stress[i] += stiffness_[i][j] * state.strain[j];
        if (!strained_[i]) state.stress[i] = prescribed[i];
    }
    return state;
}

template <int Dim>
typename MeanResponse<Dim>::Stiffness stiffness_matrix(const Moduli& moduli) noexcept
{
    typename MeanResponse<Dim>::Stiffness matrix{};
    for (int j = 0; j < tensor_size<Dim>; ++j) {
        SymmetricTensor<Dim> unit{};
        unit[j] = 1.0;
        const auto column = stress_of<Dim>(moduli, unit);
        for (int i = 0; i < tensor_size<Dim>; ++i) matrix[i][j] = column[i];
    }
    return matrix;
}

template class MeanResponse<2>;
template class MeanResponse<3>;
template MeanResponse<2>::Stiffness stiffness_matrix<2>(const Moduli&) noexcept;
template MeanResponse<3>::Stiffness stiffness_matrix<3>(const Moduli&) noexcept;

}  // namespace shearwater
