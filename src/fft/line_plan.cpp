#include <shearwater/fft/line_plan.hpp>

#include <utility>

#include <shearwater/core/error.hpp>

namespace shearwater {

LinePlan::LinePlan(Kind kind, int length) : buffer_(fftw_alloc_complex(static_cast<std::size_t>(length) + 2))
{
    auto* real = reinterpret_cast<double*>(buffer_);
    switch (kind) {
        case Kind::RealForward: plan_ = fftw_plan_dft_r2c_1d(length, real, buffer_, FFTW_ESTIMATE); break;
        case Kind::RealBackward: plan_ = fftw_plan_dft_c2r_1d(length, buffer_, real, FFTW_ESTIMATE); break;
        case Kind::Forward: plan_ = fftw_plan_dft_1d(length, buffer_, buffer_, FFTW_FORWARD, FFTW_ESTIMATE); break;
        case Kind::Backward: plan_ = fftw_plan_dft_1d(length, buffer_, buffer_, FFTW_BACKWARD, FFTW_ESTIMATE); break;
    }
    if (plan_ == nullptr) throw RunError("FFTW made no plan for a line of " + std::to_string(length) + " values");
}

LinePlan::~LinePlan()
{
    if (plan_ != nullptr) fftw_destroy_plan(plan_);
    fftw_free(buffer_);
}

LinePlan::LinePlan(LinePlan&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)), plan_(std::exchange(other.plan_, nullptr)) {}

LinePlan& LinePlan::operator=(LinePlan&& other) noexcept
{
    std::swap(buffer_, other.buffer_);
    std::swap(plan_, other.plan_);
    return *this;
}

}  // namespace shearwater
