#pragma once

#include <array>
#include <cstring>

#include <shearwater/elasticity/kernel/kernel_table.hpp>

namespace shearwater {

/// A copy of the kernel h(r) for reading at scattered places, the nodes of far cells: all components of a distance lie side by side in single precision,
/// and by parity only one orthant is kept, so that a distance is one line of the cache. The ranks of a node share it.
template <int Dim>
class FarKernel {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int components = n * (n + 1) / 2;
    static constexpr int stride = (components + 3) / 4 * 4;

    /// Returns how many numbers the table of a lattice has.
    [[nodiscard]] static std::int64_t entries(const Grid<Dim>& grid) noexcept;

    /// Collective on `node`, the communicator of the ranks that share memory.
    FarKernel(const Communicator& node, const KernelTable<Dim>& kernel);

    /// Where a distance along one axis lies in the table.
    struct Place {
        int offset;         ///< of the distance, reflected into the orthant that is kept [floats]
        double reflection;  ///< −1 where the distance was reflected, else 1
    };

    /// @param distance  in [0, size) [voxels]
    [[nodiscard]] SHEARWATER_INLINE Place place(int axis, int distance) const noexcept
    {
        const bool reflected = 2 * distance > grid_.size[axis];
        return {(reflected ? grid_.size[axis] - distance : distance) * step_[axis], reflected ? -1.0 : 1.0};
    }

    /// Adds h ε at `lane_count` places of a line along x.
    ///
    /// @param line         offset of the line: the sum of the offsets along the other axes [floats]
    /// @param signs        reflections along the other axes [axis]; the first is not read
    /// @param along        offsets of the places along x [floats]
    /// @param reflections  of the places along x
    /// @param strain       deviatoric coefficients of the source
    /// @param stress       coefficient a at place k is stress[a * distance + k] [GPa]
    SHEARWATER_INLINE void add_on_line(std::int64_t line, const double* signs, const int* along, const double* reflections, const double* strain,
                                       double* stress, int distance) const noexcept
    {
        Lanes h[stride];
        for (int first = 0; first < stride; first += 4) read_four(table_.data() + line + first, along, h + first);
        Lanes sum[n];
        const Lanes reflected = load(reflections);
        for (int a = 0; a < n; ++a) sum[a] = load(stress + a * distance);
        for (int a = 0, c = 0; a < n; ++a)
            for (int b = a; b < n; ++b, ++c) {
                double sign = 1.0;
                for (int axis = 1; axis < Dim; ++axis)
                    if (KernelTable<Dim>::is_odd(a, b, axis)) sign *= signs[axis];
                if (KernelTable<Dim>::is_odd(a, b, 0)) h[c] *= reflected;
                sum[a] += h[c] * (sign * strain[b]);
                if (b != a) sum[b] += h[c] * (sign * strain[a]);
            }
        for (int a = 0; a < n; ++a) store(stress + a * distance, sum[a]);
    }

    /// Prefetches the kernel at `lane_count` places of a line.
    SHEARWATER_INLINE void prefetch_line(std::int64_t line, const int* along) const noexcept
    {
        for (int k = 0; k < lane_count; ++k) __builtin_prefetch(table_.data() + line + along[k]);
    }

  private:
    /// Reads four components, which lie side by side, at eight places: place by place, as the gather instructions of processors are slower.
    static SHEARWATER_INLINE void read_four(const float* line, const int* along, Lanes* read) noexcept
    {
        using Four = float __attribute__((vector_size(4 * sizeof(float))));
        using Sixteen = float __attribute__((vector_size(16 * sizeof(float))));
        Sixteen half[2];
        for (int k = 0; k < 2; ++k) {
            Four at[4];
            for (int i = 0; i < 4; ++i) std::memcpy(&at[i], line + along[4 * k + i], sizeof at[i]);
            const FloatLanes low = __builtin_shufflevector(at[0], at[1], 0, 1, 2, 3, 4, 5, 6, 7);
            const FloatLanes high = __builtin_shufflevector(at[2], at[3], 0, 1, 2, 3, 4, 5, 6, 7);
            half[k] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        }
        read[0] = __builtin_convertvector(__builtin_shufflevector(half[0], half[1], 0, 4, 8, 12, 16, 20, 24, 28), Lanes);
        read[1] = __builtin_convertvector(__builtin_shufflevector(half[0], half[1], 1, 5, 9, 13, 17, 21, 25, 29), Lanes);
        read[2] = __builtin_convertvector(__builtin_shufflevector(half[0], half[1], 2, 6, 10, 14, 18, 22, 26, 30), Lanes);
        read[3] = __builtin_convertvector(__builtin_shufflevector(half[0], half[1], 3, 7, 11, 15, 19, 23, 27, 31), Lanes);
    }

    Grid<Dim> grid_;
    std::array<int, Dim> step_{};  ///< floats from one distance to the next along each axis
    SharedArray<float> table_;
};

}  // namespace shearwater
