#include <shearwater/elasticity/solve/fft_preconditioner.hpp>

#include <exception>

#include <shearwater/petsc/error.hpp>

namespace shearwater {

namespace {

/// Calls FftPreconditioner::apply for PETSc.
template <int Dim>
PetscErrorCode apply_shell(PC pc, Vec r, Vec z)
{
    void* context = nullptr;
    PCShellGetContext(pc, static_cast<void*>(&context));
    try {
        static_cast<FftPreconditioner<Dim>*>(context)->apply(r, z);
    } catch (const std::exception& error) {
        SETERRQ(PETSC_COMM_SELF, PETSC_ERR_LIB, "%s", error.what());
    }
    return 0;
}

/// The tensor component of the entry ij of a symmetric matrix.
template <int Dim>
int component_of(int i, int j) noexcept
{
    for (int c = 0; c < tensor_size<Dim>; ++c) {
        const auto axes = axes_of<Dim>(c);
        if ((axes[0] == i && axes[1] == j) || (axes[0] == j && axes[1] == i)) return c;
    }
    return 0;
}

}  // namespace

template <int Dim>
FftPreconditioner<Dim>::FftPreconditioner(const Communicator& comm, const Grid<Dim>& nodes, const std::vector<Box<Dim>>& boxes,
                                          const Moduli& reference)
    : fft_(comm, nodes, boxes), reference_(reference)
{
}

template <int Dim>
void FftPreconditioner<Dim>::prepare()
{
    inverse_.resize(fft_.spectral_box().count());
    fft_.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        bool zero = true;
        for (const double component : q) zero = zero && component == 0.0;
        inverse_[place] = {};
        if (zero) return;
        const auto symbol = q1_symbol<Dim>(q, reference_);
        for (int j = 0; j < Dim; ++j) {
            std::array<double, Dim> unit{};
            unit[j] = 1.0;
            const auto column = solve_stiffness<Dim>(symbol, unit);
            for (int i = 0; i <= j; ++i) inverse_[place][component_of<Dim>(i, j)] = column[i];
        }
    });
    for (auto& spectrum : spectrum_) spectrum.resize(inverse_.size());
    component_.resize(fft_.box().count());
}

template <int Dim>
void FftPreconditioner<Dim>::apply(Vec r, Vec z)
{
    if (component_.empty() && fft_.box().count() > 0) prepare();
    const double* in = nullptr;
    SHEARWATER_PETSC(VecGetArrayRead(r, &in));
    for (int i = 0; i < Dim; ++i) {
        for (std::size_t node = 0; node < component_.size(); ++node) component_[node] = in[Dim * node + i];
        fft_.forward(component_, spectrum_[i]);
    }
    SHEARWATER_PETSC(VecRestoreArrayRead(r, &in));
    for (std::size_t place = 0; place < inverse_.size(); ++place) {
        std::array<std::complex<double>, Dim> solution{};
        for (int i = 0; i < Dim; ++i)
            for (int j = 0; j < Dim; ++j) solution[i] += inverse_[place][component_of<Dim>(i, j)] * spectrum_[j][place];
        for (int i = 0; i < Dim; ++i) spectrum_[i][place] = solution[i];
    }
    double* out = nullptr;
    SHEARWATER_PETSC(VecGetArray(z, &out));
    for (int i = 0; i < Dim; ++i) {
        fft_.backward(spectrum_[i], component_);
        for (std::size_t node = 0; node < component_.size(); ++node) out[Dim * node + i] = component_[node];
    }
    SHEARWATER_PETSC(VecRestoreArray(z, &out));
}

template <int Dim>
void FftPreconditioner<Dim>::attach(PC pc)
{
    SHEARWATER_PETSC(PCSetType(pc, PCSHELL));
    SHEARWATER_PETSC(PCShellSetName(pc, "fft"));
    SHEARWATER_PETSC(PCShellSetContext(pc, this));
    SHEARWATER_PETSC(PCShellSetApply(pc, apply_shell<Dim>));
}

template class FftPreconditioner<2>;
template class FftPreconditioner<3>;

}  // namespace shearwater
