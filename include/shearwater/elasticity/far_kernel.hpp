#pragma once

#include <array>

#include <shearwater/elasticity/kernel_table.hpp>

namespace shearwater {

/// h(r) once more, for looking it up at places that are scattered: all components of a distance side by side in single precision, and by
/// parity only one orthant, so that a look-up is one line of the cache. One copy per node.
template <int Dim>
class FarKernel {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int components = n * (n + 1) / 2;
    static constexpr int stride = (components + 3) / 4 * 4;

    /// Collective on `node`, the communicator of the ranks that share memory.
    FarKernel(const Communicator& node, const KernelTable<Dim>& kernel);

    /// Places along one axis, as this table wants them.
    struct Place {
        int offset;         ///< of the reflected distance [floats]
        double reflection;  ///< −1 where the distance was reflected, else 1
    };

    /// @param distance  in [0, size)
    [[nodiscard]] SHEARWATER_INLINE Place place(int axis, int distance) const noexcept
    {
        const bool reflected = 2 * distance > grid_.size[axis];
        return {(reflected ? grid_.size[axis] - distance : distance) * step_[axis], reflected ? -1.0 : 1.0};
    }

    /// Adds h ε at `count` places of a line along x.
    ///
    /// @param line         offset of the line, the sum of those of the other axes
    /// @param signs        reflections of the other axes; [axis], the first is not read
    /// @param along        offsets of the places along x
    /// @param reflections  of the places along x
    /// @param stress       coefficient a of place k is stress[a * distance + k] [GPa]
    template <int count>
    SHEARWATER_INLINE void add_on_line(std::int64_t line, const double* signs, const int* along, const double* reflections, const double* strain,
                                       double* stress, int distance) const noexcept
    {
        const float* begin = table_.data() + line;
        for (int a = 0, c = 0; a < n; ++a)
            for (int b = a; b < n; ++b, ++c) {
                double sign = 1.0;
                for (int axis = 1; axis < Dim; ++axis)
                    if (KernelTable<Dim>::is_odd(a, b, axis)) sign *= signs[axis];
                double h[count];
                for (int k = 0; k < count; ++k) h[k] = begin[along[k] + c];
                if (KernelTable<Dim>::is_odd(a, b, 0))
                    for (int k = 0; k < count; ++k) h[k] *= reflections[k];
                for (int k = 0; k < count; ++k) stress[a * distance + k] += h[k] * (sign * strain[b]);
                if (b == a) continue;
                for (int k = 0; k < count; ++k) stress[b * distance + k] += h[k] * (sign * strain[a]);
            }
    }

    /// Asks for `count` places of a line ahead of time.
    template <int count>
    SHEARWATER_INLINE void prefetch_line(std::int64_t line, const int* along) const noexcept
    {
        for (int k = 0; k < count; ++k) __builtin_prefetch(table_.data() + line + along[k]);
    }

    [[nodiscard]] std::int64_t bytes() const noexcept { return table_.size() * static_cast<std::int64_t>(sizeof(float)); }

  private:
    Grid<Dim> grid_;
    std::array<int, Dim> step_{};  ///< floats from one distance to the next along each axis
    SharedArray<float> table_;
};

}  // namespace shearwater
