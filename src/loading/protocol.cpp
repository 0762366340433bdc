#include <shearwater/loading/protocol.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::array<bool, tensor_size<Dim>> only(int component)
{
    std::array<bool, tensor_size<Dim>> strained{};
    strained[component] = true;
    return strained;
}

}  // namespace

template <int Dim>
Loading<Dim>::Loading(Protocol protocol, const typename MeanResponse<Dim>::Stiffness& mean_stiffness)
    : component_(protocol == Protocol::Shear ? tensor_size<Dim> - 1 : 1),
      sign_(protocol == Protocol::Compression ? -1.0 : 1.0),
      response_(mean_stiffness, only<Dim>(component_)),
      slope_(sign_ * state(1.0, {}).stress[component_])
{
}

template <int Dim>
MeanState<Dim> Loading<Dim>::state(double applied_strain, const SymmetricTensor<Dim>& eigenstress) const noexcept
{
    SymmetricTensor<Dim> prescribed{};
    prescribed[component_] = sign_ * applied_strain;
    return response_.state(prescribed, eigenstress);
}

template class Loading<2>;
template class Loading<3>;

}  // namespace shearwater
