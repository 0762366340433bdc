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

/// The mean strain of the periodic cell, an unknown beside the displacements: of each component either the mean strain or the mean stress is prescribed.
///
/// The mean stress is that of the eigenstrains at zero mean strain plus ⟨A⟩ : mean strain, A(x) the stress per unit of mean strain.
template <int Dim>
class MeanResponse {
  public:
    using Stiffness = std::array<std::array<double, tensor_size<Dim>>, tensor_size<Dim>>;

    /// @param stiffness  ⟨A⟩: mean stress [GPa] per unit tensor component of mean strain, [stress][strain]
    /// @param strained   whether the mean strain of a component is prescribed, and not its mean stress
    /// @throws RunError if the prescribed stresses do not determine the strain
    MeanResponse(const Stiffness& stiffness, const std::array<bool, tensor_size<Dim>>& strained);

    /// Returns mean strain and mean stress.
    /// @param prescribed   mean strain of the components where that is prescribed, mean stress of the others [GPa]
    /// @param eigenstress  mean stress of the eigenstrains at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> state(const SymmetricTensor<Dim>& prescribed, const SymmetricTensor<Dim>& eigenstress) const noexcept;

  private:
    Stiffness stiffness_;
    std::array<bool, tensor_size<Dim>> strained_;
    Stiffness compliance_{};  ///< inverse of the block of components with prescribed stress; zero elsewhere [1/GPa]
};

/// Returns C as a matrix: stress per unit tensor component of strain [stress][strain] [GPa].
template <int Dim>
[[nodiscard]] typename MeanResponse<Dim>::Stiffness stiffness_matrix(const Moduli& moduli) noexcept;

}  // namespace shearwater
