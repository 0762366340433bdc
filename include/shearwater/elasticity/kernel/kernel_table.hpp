#pragma once

#include <array>
#include <vector>

#include <shearwater/core/lanes.hpp>
#include <shearwater/elasticity/kernel/spectral_response.hpp>
#include <shearwater/parallel/shared_array.hpp>

namespace shearwater {

/// The kernel h(r): the deviatoric stress at distance r from a voxel with unit deviatoric eigenstrain, at zero mean strain [GPa].
///
/// The matrix h_ab is symmetric (by reciprocity and inversion), so that n(n+1)/2 components are kept. Reflections in y and z only change
/// the sign of components, so that the rows with 0 ≤ y ≤ ny/2 (and z) are kept. Along x whole lines are kept and continued periodically by
/// one lane group, so that any `lane_count` neighbours along x can be read at once. The ranks of a node share one copy.
template <int Dim>
class KernelTable {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int components = n * (n + 1) / 2;

    /// Tabulates the response of a cell. Collective on `comm`. @throws Interrupted
    /// @param boxes  voxel box of each rank
    KernelTable(const Communicator& comm, const std::vector<Box<Dim>>& boxes, SpectralResponse<Dim>& response);

    /// Returns the place of h_ab among the components.
    [[nodiscard]] static constexpr int component(int a, int b) noexcept { return a <= b ? a * n - a * (a - 1) / 2 + (b - a) : component(b, a); }

    /// Returns h_ab: coefficient a of the stress at a distance from unit coefficient b of eigenstrain [GPa].
    /// @param distance  along each axis, of any sign [voxels]
    [[nodiscard]] double value(const Index<Dim>& distance, int a, int b) const noexcept;

    /// Adds the stress of a transformed voxel in the `lane_count` voxels from `first` on along x.
    ///
    /// @param source  the transformed voxel  @param strain  deviatoric coefficients of its strain
    /// @param stress  deviatoric coefficients, one group of lanes each [GPa]
    SHEARWATER_INLINE void add(const Index<Dim>& source, const double* strain, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        int offset = 0;
        bool flipped[Dim] = {};
        for (int axis = Dim - 1; axis > 0; --axis) {
            int distance = first[axis] - source[axis];
            if (distance < 0) distance += grid_.size[axis];
            flipped[axis] = 2 * distance > grid_.size[axis];
            offset = offset * (grid_.size[axis] / 2 + 1) + (flipped[axis] ? grid_.size[axis] - distance : distance);
        }
        int along = first[0] - source[0];
        if (along < 0) along += grid_.size[0];
        const double* row = table_.data() + static_cast<std::int64_t>(offset) * row_length_ + along;
        for (int a = 0, c = 0; a < n; ++a)
            for (int b = a; b < n; ++b, ++c) {
                double sign = 1.0;
                for (int axis = 1; axis < Dim; ++axis)
                    if (flipped[axis] && is_odd(a, b, axis)) sign = -sign;
                const Lanes h = load(row + c * component_length_);
                stress[a] += h * (sign * strain[b]);
                if (b != a) stress[b] += h * (sign * strain[a]);
            }
    }

    /// Adds h ε at one distance. @param distance  in [0, size) along each axis [voxels]  @param stress  deviatoric coefficients [GPa]
    void add_one(const Index<Dim>& distance, const double* strain, double* stress) const noexcept
    {
        const double* h = place_of(distance);
        for (int a = 0, c = 0; a < n; ++a)
            for (int b = a; b < n; ++b, ++c) {
                const double value = is_negative(distance, a, b) ? -h[c * component_length_] : h[c * component_length_];
                stress[a] += value * strain[b];
                if (b != a) stress[b] += value * strain[a];
            }
    }

    /// Prefetches what `add_one` will read.
    void prefetch(const Index<Dim>& distance) const noexcept
    {
        const double* h = place_of(distance);
        for (int c = 0; c < components; ++c) __builtin_prefetch(h + c * component_length_);
    }

    /// Whether reflecting `axis` changes the sign of h_ab.
    [[nodiscard]] static constexpr bool is_odd(int a, int b, int axis) noexcept { return changes_sign<Dim>(a, axis) != changes_sign<Dim>(b, axis); }

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }

  private:
    /// Whether the reflections that map a distance to a row that is kept change the sign of h_ab.
    [[nodiscard]] bool is_negative(const Index<Dim>& distance, int a, int b) const noexcept
    {
        bool negative = false;
        for (int axis = 1; axis < Dim; ++axis) negative ^= 2 * distance[axis] > grid_.size[axis] && is_odd(a, b, axis);
        return negative;
    }

    [[nodiscard]] const double* place_of(const Index<Dim>& distance) const noexcept
    {
        std::int64_t line = 0;
        for (int axis = Dim - 1; axis > 0; --axis) {
            const bool flipped = 2 * distance[axis] > grid_.size[axis];
            line = line * (grid_.size[axis] / 2 + 1) + (flipped ? grid_.size[axis] - distance[axis] : distance[axis]);
        }
        return table_.data() + line * row_length_ + distance[0];
    }

    Grid<Dim> grid_;
    std::int64_t row_length_;
    std::int64_t component_length_;
    SharedArray<double> table_;
};

}  // namespace shearwater
