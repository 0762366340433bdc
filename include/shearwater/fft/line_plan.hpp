#pragma once

#include <complex>

#include <fftw3.h>

namespace shearwater {

/// A serial one-dimensional transform of one line, always run in the same aligned buffer, so that a line's arithmetic is the same
/// wherever and whenever it is transformed. Owns its FFTW plan and buffer.
class LinePlan {
  public:
    enum class Kind {
        RealForward,   ///< n reals to n/2+1 complex numbers
        RealBackward,  ///< and back
        Forward,       ///< n complex numbers, e^{-i q x}
        Backward,      ///< n complex numbers, e^{+i q x}
    };

    /// @param length  n > 0  @throws Error if FFTW has no plan
    LinePlan(Kind kind, int length);
    ~LinePlan();
    LinePlan(LinePlan&& other) noexcept;
    LinePlan& operator=(LinePlan&& other) noexcept;
    LinePlan(const LinePlan&) = delete;
    LinePlan& operator=(const LinePlan&) = delete;

    /// Input and output share this buffer: fill it, execute, read it.
    [[nodiscard]] double* real() noexcept { return reinterpret_cast<double*>(buffer_); }
    [[nodiscard]] std::complex<double>* complex() noexcept { return reinterpret_cast<std::complex<double>*>(buffer_); }

    /// Transforms in place, without normalisation.
    void execute() noexcept { fftw_execute(plan_); }

  private:
    fftw_complex* buffer_ = nullptr;
    fftw_plan plan_ = nullptr;
};

}  // namespace shearwater
