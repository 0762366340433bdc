#pragma once

#include <cstdint>
#include <optional>

#include <shearwater/core/archive.hpp>

namespace shearwater {

/// A point of the stress–strain curve. Values are positive in the direction of the loading.
struct CurvePoint {
    double strain = 0.0;          ///< strain s Ē [-]
    double stress = 0.0;          ///< stress s σ [GPa]
    double plastic_strain = 0.0;  ///< plastic strain ε_p [-]

    void visit(Archive& archive)
    {
        archive("strain", strain);
        archive("stress", stress);
        archive("plastic_strain", plastic_strain);
    }
};

/// Peak, yield and last point of a stress–strain curve.
class StressStrain {
  public:
    /// Plastic strain that defines yield [-].
    static constexpr double yield_plastic_strain = 0.002;

    /// Adds a point of the curve. @param counts  whether it may be peak or yield; with a clock that steps, only the ends of steps may
    void add(const CurvePoint& point, bool counts = true)
    {
        last_ = point;
        if (!counts) return;
        if (!peak_ || point.stress > peak_->stress) peak_ = point;
        if (!yield_ && point.plastic_strain >= yield_plastic_strain) yield_ = point;
    }

    /// The point of the highest stress.
    [[nodiscard]] const std::optional<CurvePoint>& peak() const noexcept { return peak_; }
    /// The first point whose plastic strain is at least `yield_plastic_strain`.
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
