#pragma once

#include <vector>

#include <petscpc.h>

#include <shearwater/elasticity/kernel/symbol.hpp>
#include <shearwater/fft/distributed_fft.hpp>

namespace shearwater {

/// The exact inverse of the uniform periodic operator on the element mesh: block-diagonal in Fourier space.
///
/// With uniform moduli CG needs one iteration; with different moduli their number depends on the contrast and not on the mesh. Rigid
/// translations are mapped to zero.
template <int Dim>
class FftPreconditioner {
  public:
    /// @param boxes      nodes of each rank
    /// @param reference  moduli of the uniform operator
    /// Keeps a reference to `comm`. Not collective. Nothing large is computed before the first use.
    FftPreconditioner(const Communicator& comm, const Grid<Dim>& nodes, const std::vector<Box<Dim>>& boxes, const Moduli& reference);

    /// z = K⁻¹ r, for vectors of Dim values per node. Collective.
    void apply(Vec r, Vec z);

    /// Makes a PETSc preconditioner of the type "shell" use this object, which must outlive it.
    void attach(PC pc);

  private:
    void prepare();

    DistributedFft<Dim> fft_;
    Moduli reference_;
    std::vector<std::array<double, tensor_size<Dim>>> inverse_;  ///< symmetric K⁻¹ per wave vector, components as a tensor's
    std::array<std::vector<std::complex<double>>, Dim> spectrum_;
    std::vector<double> component_;
};

}  // namespace shearwater
