#pragma once

#include <cstdint>
#include <optional>

#include <shearwater/core/archive.hpp>

namespace shearwater {

/// One point of the stress–strain curve; stress and plastic strain are positive along the loading.
struct CurvePoint {
    double strain = 0.0;          ///< applied [-]
    double stress = 0.0;          ///< s σ [GPa]
    double plastic_strain = 0.0;  ///< ε_p [-]

    void visit(Archive& archive)
    {
        archive("strain", strain);
        archive("stress", stress);
        archive("plastic_strain", plastic_strain);
    }
};

/// Peak, yield and end of a stress–strain curve.
class StressStrain {
  public:
    /// Plastic strain at which the yield stress is read.
    static constexpr double yield_plastic_strain = 0.002;

    /// Takes a point of the curve. @param counts  whether peak and yield are read here: with a stepping clock only at step ends
    void add(const CurvePoint& point, bool counts = true)
    {
        last_ = point;
        if (!counts) return;
        if (!peak_ || point.stress > peak_->stress) peak_ = point;
        if (!yield_ && point.plastic_strain >= yield_plastic_strain) yield_ = point;
    }

    [[nodiscard]] const std::optional<CurvePoint>& peak() const noexcept { return peak_; }
    [[nodiscard]] const std::optional<CurvePoint>& yield() const noexcept { return yield_; }
    [[nodiscard]] const CurvePoint& last() const noexcept { return last_; }

    void visit(Archive& archive)
    {
        archive("peak", peak_);
        archive("yield", yield_);
        archive("last", last_);
    }

  private:
    std::optional<CurvePoint> peak_;
    std::optional<CurvePoint> yield_;
    CurvePoint last_;
};

}  // namespace shearwater
