#pragma once

#include <complex>
#include <span>
#include <vector>

#include <shearwater/fft/line_plan.hpp>
#include <shearwater/fft/remap.hpp>

namespace shearwater {

/// Fourier transform of a real field distributed in boxes.
///
/// Lines are transformed one at a time by serial plans; between axes the field moves so that each rank has whole lines. Hence the
/// result is the same, bit for bit, on any number of ranks. Spectra have nx/2+1 wave numbers along x; this rank holds
/// `spectral_box()` of that grid, x fastest; it has whole lines along the last axis. One rank works in the spectrum itself; several
/// need the memory of one or two spectra more while a transform runs.
template <int Dim>
class DistributedFft {
  public:
    /// @param boxes  box of each rank, together the whole grid. Keeps a reference to `comm`. Not collective.
    DistributedFft(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] const Box<Dim>& box() const noexcept { return box_; }
    [[nodiscard]] const Box<Dim>& spectral_box() const noexcept { return pencils_.back(); }

    /// f(q) = Σ_x f(x) e^{-i q x}. Collective.
    /// @param field  values of this rank's box  @param spectrum  of its spectral box
    void forward(std::span<const double> field, std::span<std::complex<double>> spectrum);

    /// f(x) = (1/N) Σ_q f(q) e^{+i q x}. Collective. Destroys `spectrum`.
    void backward(std::span<std::complex<double>> spectrum, std::span<double> field);

    /// Calls visit(i, q) for every wave vector of this rank's spectral box: its place i and its components q in
    /// (−π, π] per grid point.
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

    /// What this rank has sent to others so far.
    [[nodiscard]] Traffic traffic() const noexcept;

  private:
    using Complex = std::complex<double>;

    /// Lines along one axis: in memory of their own, or in that of the spectrum.
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
    bool whole_rows_;                ///< boxes already have whole lines along x, on every rank
    std::vector<Box<Dim>> pencils_;  ///< whole lines along axis 0, 1, ... of the spectrum
    Remap<Dim> to_rows_;             ///< from boxes to lines along x, each with room for its spectrum
    Remap<Dim> from_rows_;
    std::vector<Remap<Dim>> to_next_;  ///< from lines along axis a to lines along a + 1
    std::vector<Remap<Dim>> to_previous_;
    LinePlan real_forward_;
    LinePlan real_backward_;
    std::vector<LinePlan> forward_;  ///< along axes 1, 2
    std::vector<LinePlan> backward_;
};

}  // namespace shearwater
