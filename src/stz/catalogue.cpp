#include <shearwater/stz/catalogue.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/random.hpp>

namespace shearwater {

namespace {

constexpr double normal_resolution = 4096.0;      // codes per standard deviation
constexpr double direction_resolution = 16384.0;  // codes per length of a fixed-magnitude strain

std::int16_t round_to_code(double value) noexcept
{
    return static_cast<std::int16_t>(std::lrint(std::clamp(value, -32767.0, 32767.0)));
}

template <int Dim>
double unit_of_strain(const CatalogueOptions& options) noexcept
{
    if (options.magnitude == Magnitude::Fixed) return options.strain / std::sqrt(2.0) / direction_resolution;
    return options.strain / std::sqrt(static_cast<double>(deviator_size<Dim>)) / normal_resolution;
}

}  // namespace

template <int Dim>
Catalogue<Dim>::Catalogue(const CatalogueOptions& options, std::uint64_t seed)
    : options_(options), seed_(seed), strain_unit_(unit_of_strain<Dim>(options)), barrier_unit_(options.barrier_std / normal_resolution)
{
}

template <int Dim>
StrainCode<Dim> Catalogue<Dim>::strain(std::int64_t voxel, std::int64_t generation, int mode) const noexcept
{
    constexpr int n = deviator_size<Dim>;
    constexpr int pairs = (n + 1) / 2;
    std::array<double, 2 * pairs> normal{};
    for (int pair = 0; pair < pairs; ++pair) {
        const auto [first, second] = normal_pair({seed_, Purpose::ModeStrain, static_cast<std::uint64_t>(voxel),
                                                  static_cast<std::uint32_t>(mode * pairs + pair), static_cast<std::uint64_t>(generation)});
        normal[2 * pair] = first;
        normal[2 * pair + 1] = second;
    }
    double scale = normal_resolution;
    if (options_.magnitude == Magnitude::Fixed) {
        double squared = 0.0;
        for (int a = 0; a < n; ++a) squared += normal[a] * normal[a];
        scale = direction_resolution / std::sqrt(squared);
    }
    if (options_.mirrored) scale = -scale;
    StrainCode<Dim> code{};
    for (int a = 0; a < n; ++a) code[a] = round_to_code(scale * normal[a]);
    return code;
}

template <int Dim>
std::int16_t Catalogue<Dim>::barrier_code(std::int64_t voxel, std::int64_t generation, int mode) const noexcept
{
    if (barrier_unit_ == 0.0) return 0;
    if (options_.redraw == Redraw::Strains) generation = 0;
    // The distribution is truncated to positive barriers by rejection. The high bits of the epoch count the attempts.
    for (std::uint64_t attempt = 0;; ++attempt) {
        const auto normals = normal_pair({seed_, Purpose::ModeBarrier, static_cast<std::uint64_t>(voxel), static_cast<std::uint32_t>(mode),
                                          static_cast<std::uint64_t>(generation) | attempt << 48});
        for (const double normal : normals) {
            const std::int16_t code = round_to_code(normal_resolution * normal);
            if (decode_barrier(code) > 0.0) return code;
        }
    }
}

template class Catalogue<2>;
template class Catalogue<3>;

}  // namespace shearwater
