#pragma once

#include <complex>

#include <fftw3.h>

namespace shearwater {

/// A serial one-dimensional transform by FFTW (M. Frigo, S. G. Johnson, Proc. IEEE 93 (2005) 216). It always runs in the same aligned buffer with a
/// plan of FFTW_ESTIMATE, so that the arithmetic of a line does not depend on where and when it is transformed. Owns the plan and the buffer.
class LinePlan {
  public:
    enum class Kind {
        RealForward,   ///< n reals to n/2+1 complex numbers, e^{-i q x}
        RealBackward,  ///< n/2+1 complex numbers to n reals, e^{+i q x}
        Forward,       ///< n complex to n complex numbers, e^{-i q x}
        Backward,      ///< n complex to n complex numbers, e^{+i q x}
    };

    /// Plans a transform. @param length  n > 0  @throws RunError if FFTW returns no plan
    LinePlan(Kind kind, int length);
    ~LinePlan();
    LinePlan(LinePlan&& other) noexcept;
    LinePlan& operator=(LinePlan&& other) noexcept;
    LinePlan(const LinePlan&) = delete;
    LinePlan& operator=(const LinePlan&) = delete;

    /// The buffer of input and output: fill it, call `execute`, and read it.
    [[nodiscard]] double* real() noexcept { return reinterpret_cast<double*>(buffer_); }
    [[nodiscard]] std::complex<double>* complex() noexcept { return reinterpret_cast<std::complex<double>*>(buffer_); }

    /// Transforms the buffer in place, without normalization.
    void execute() noexcept { fftw_execute(plan_); }

  private:
    fftw_complex* buffer_ = nullptr;
    fftw_plan plan_ = nullptr;
};

}  // namespace shearwater
