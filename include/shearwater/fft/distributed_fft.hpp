#pragma once

#include <complex>
#include <span>
#include <vector>

#include <shearwater/fft/line_plan.hpp>
#include <shearwater/fft/remap.hpp>

namespace shearwater {

/// Discrete Fourier transform of a real field that is distributed over ranks in boxes.
///
/// Lines are transformed one at a time by serial plans. Between axes the field is redistributed, so that each rank has whole lines along the next
/// axis. Results are therefore bitwise identical on any number of ranks. Spectra have nx/2+1 wave numbers along x. This rank holds `spectral_box()`
/// of the spectrum, x fastest, with whole lines along the last axis. On one rank the transform works in place; on several it needs the memory of one
/// or two further spectra.
template <int Dim>
class DistributedFft {
  public:
    /// Plans the transforms. Not collective. Keeps a reference to `comm`. @param boxes  boxes of all ranks, which partition the grid
    DistributedFft(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] const Box<Dim>& box() const noexcept { return box_; }
    /// The part of the spectrum that this rank holds.
    [[nodiscard]] const Box<Dim>& spectral_box() const noexcept { return pencils_.back(); }

    /// Forward transform f(q) = Σ_x f(x) e^{-i q x}. Collective.
    /// @param field     values of this rank's box, x fastest; they may begin at the address of `spectrum` and are then overwritten
    /// @param spectrum  values of this rank's spectral box, x fastest
    void forward(std::span<const double> field, std::span<std::complex<double>> spectrum);

    /// Backward transform f(x) = (1/N) Σ_q f(q) e^{+i q x}, N the number of grid points. Collective. Overwrites `spectrum`; `field` may begin at the
    /// same address.
    void backward(std::span<std::complex<double>> spectrum, std::span<double> field);

    /// Calls visit(i, q) for every wave vector of this rank's spectral box, with its place i in the box and its components q, in (−π, π] per grid
    /// spacing.
    template <class Visit>
    void for_each_wave_vector(Visit&& visit) const
    {
        constexpr double two_pi = 6.283185307179586476925286766559;
        const auto& spectral = spectral_box();
        for (std::int64_t i = 0; i < spectral.count(); ++i) {
            const auto index = spectral.index(i);
            std::array<double, Dim> q{};
            for (int axis = 0; axis < Dim; ++axis) {
                const int n = grid_.size[axis];
                q[axis] = two_pi * (2 * index[axis] > n ? index[axis] - n : index[axis]) / n;
            }
            visit(i, q);
        }
    }

    /// Communication of this rank so far.
    [[nodiscard]] Traffic traffic() const noexcept;

  private:
    using Complex = std::complex<double>;

    /// Buffer of the lines along one axis. It owns its memory or uses that of the spectrum.
    struct Lines {
        std::vector<Complex> own;
        std::span<Complex> values;
    };

    [[nodiscard]] Lines lines_along(int axis, std::span<Complex> spectrum) const;
    void transform_rows(std::span<const double> field, std::span<Complex> rows);
    void restore_rows(std::span<Complex> rows, std::span<double> field);
    void transform_lines(int axis, LinePlan& plan, std::span<Complex> values) const;

    Grid<Dim> grid_;
    Box<Dim> box_;
    bool whole_rows_;                ///< whether the boxes of all ranks have whole lines along x
    std::vector<Box<Dim>> pencils_;  ///< this rank's boxes of whole lines of the spectrum along axis 0, 1, ...
    Remap<Dim> to_rows_;             ///< from boxes to lines along x, each padded to the size of its spectrum
    Remap<Dim> from_rows_;
    std::vector<Remap<Dim>> to_next_;  ///< from lines along axis a to lines along a + 1
    std::vector<Remap<Dim>> to_previous_;
    LinePlan real_forward_;
    LinePlan real_backward_;
    std::vector<LinePlan> forward_;  ///< along axes 1, 2
    std::vector<LinePlan> backward_;
};

}  // namespace shearwater
