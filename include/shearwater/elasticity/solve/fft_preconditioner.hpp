#pragma once

#include <vector>

#include <petscpc.h>

#include <shearwater/elasticity/kernel/symbol.hpp>
#include <shearwater/fft/distributed_fft.hpp>

namespace shearwater {

/// The exact inverse of the uniform periodic operator on the element mesh, which is block-diagonal in Fourier space.
///
/// With uniform moduli conjugate gradients need one iteration; with different moduli their number depends on the contrast and not on the mesh
/// (M. Ladecký, R. J. Leute, A. Falsafi, I. Pultarová, L. Pastewka, T. Junge, J. Zeman, An optimal preconditioned FFT-accelerated finite element solver for
/// homogenization, Appl. Math. Comput. 446 (2023) 127835). Rigid translations are mapped to zero.
template <int Dim>
class FftPreconditioner {
  public:
    /// Keeps a reference to `comm`. Not collective. The inverse is computed at the first use.
    /// @param boxes      nodes of each rank
    /// @param reference  moduli of the uniform operator
    FftPreconditioner(const Communicator& comm, const Grid<Dim>& nodes, const std::vector<Box<Dim>>& boxes, const Moduli& reference);

    /// Computes z = K⁻¹ r for vectors of Dim values per node. Collective.
    void apply(Vec r, Vec z);

    /// Makes `pc` a preconditioner of the type "shell" that calls this object, which must outlive it.
    void attach(PC pc);

  private:
    void prepare();

    DistributedFft<Dim> fft_;
    Moduli reference_;
    std::vector<std::array<double, tensor_size<Dim>>> inverse_;  ///< K⁻¹, symmetric: [wave vector][tensor component] [1/GPa]
    std::array<std::vector<std::complex<double>>, Dim> spectrum_;
    std::vector<double> component_;
};

}  // namespace shearwater
