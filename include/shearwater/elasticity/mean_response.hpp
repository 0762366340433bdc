#pragma once

#include <array>

#include <shearwater/elasticity/moduli.hpp>

namespace shearwater {

/// Mean strain and mean stress of the cell.
template <int Dim>
struct MeanState {
    SymmetricTensor<Dim> strain{};
    SymmetricTensor<Dim> stress{};  ///< [GPa]
};

/// The mean strain as an unknown of its own: of each component either the mean strain or the mean stress is prescribed.
///
/// Mean stress = mean eigenstress (at zero mean strain) + ⟨A⟩ : mean strain.
template <int Dim>
class MeanResponse {
  public:
    using Stiffness = std::array<std::array<double, tensor_size<Dim>>, tensor_size<Dim>>;

    /// @param stiffness  ⟨A⟩: mean stress [GPa] per unit tensor component of mean strain, [stress][strain]
    /// @param strained   which components' mean strain is prescribed; of the others the mean stress is
    /// @throws RunError if the prescribed stresses do not determine the strain
    MeanResponse(const Stiffness& stiffness, const std::array<bool, tensor_size<Dim>>& strained);

    /// @param prescribed   strain where strained, stress [GPa] elsewhere
    /// @param eigenstress  mean stress of the eigenstrains at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> state(const SymmetricTensor<Dim>& prescribed, const SymmetricTensor<Dim>& eigenstress) const noexcept;

  private:
    Stiffness stiffness_;
    std::array<bool, tensor_size<Dim>> strained_;
    Stiffness compliance_{};  ///< inverse of the block of components with prescribed stress; zero elsewhere [1/GPa]
};

/// C as the stress per unit tensor component of strain.
template <int Dim>
[[nodiscard]] typename MeanResponse<Dim>::Stiffness stiffness_matrix(const Moduli& moduli) noexcept;

}  // namespace shearwater
