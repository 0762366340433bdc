#include <shearwater/loading/loading.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::array<bool, tensor_size<Dim>> strained(int component, Prescription::Of of)
{
    std::array<bool, tensor_size<Dim>> strained{};
    strained[component] = of == Prescription::Of::Strain;
    return strained;
}

/// Stress per strain of a component while all other mean stresses are zero [GPa].
template <int Dim>
double slope_of(int component, double sign, const typename MeanResponse<Dim>::Stiffness& mean_stiffness)
{
    SymmetricTensor<Dim> unit{};
    unit[component] = sign;
    return sign * MeanResponse<Dim>(mean_stiffness, strained<Dim>(component, Prescription::Of::Strain)).state(unit, {}).stress[component];
}

}  // namespace

template <int Dim>
Loading<Dim>::Loading(const Prescription& prescription, const typename MeanResponse<Dim>::Stiffness& mean_stiffness)
    : prescription_(prescription),
      component_(prescription.component == Component::xy ? tensor_size<Dim> - 1 : 1),
      response_(mean_stiffness, strained<Dim>(component_, prescription.of)),
      elastic_slope_(slope_of<Dim>(component_, prescription.sign, mean_stiffness))
{
}

template <int Dim>
MeanState<Dim> Loading<Dim>::state_at(double value, const SymmetricTensor<Dim>& eigenstress) const noexcept
{
    SymmetricTensor<Dim> prescribed{};
    prescribed[component_] = prescription_.sign * value;
    return response_.state(prescribed, eigenstress);
}

template <int Dim>
MeanState<Dim> Loading<Dim>::state(double load, const SymmetricTensor<Dim>& eigenstress) const noexcept
{
    return state_at(value(load), eigenstress);
}

template <int Dim>
MeanState<Dim> Loading<Dim>::response(const SymmetricTensor<Dim>& eigenstress) const noexcept
{
    return state_at(0.0, eigenstress);
}

template class Loading<2>;
template class Loading<3>;

}  // namespace shearwater
