#include <shearwater/engine/voxels.hpp>

#include <cmath>

#include <shearwater/stz/barrier.hpp>

namespace shearwater {

template <int Dim>
Voxels<Dim>::Voxels(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const SofteningOptions& softening)
    : tiles_(tiles),
      catalogue_(catalogue),
      softening_(softening),
      strains_(std::size_t{1} * tiles.slots() * modes() * n),
      barriers_(catalogue.barrier_unit() == 0.0 ? 0 : std::size_t{1} * tiles.slots() * modes()),
      previous_(std::size_t{1} * tiles.slots() * n),
      permanent_(tiles.slots()),
      temporary_(tiles.slots()),
      last_high_(tiles.slots()),
      last_low_(tiles.slots()),
      generation_(tiles.slots())
{
    for (auto& coefficient : eigenstrain_) coefficient.resize(tiles.slots());
    tiles_.for_each([&](int slot) { draw_modes(slot, 0); });
}

template <int Dim>
void Voxels<Dim>::draw_modes(int slot, std::int64_t generation)
{
    const int group = slot / lane_count;
    const int lane = slot % lane_count;
    const std::int64_t voxel = tiles_.voxel_id(slot);
    const bool barriers = !barriers_.empty() && (generation == 0 || catalogue_.options().redraw == Redraw::All);
    for (int mode = 0; mode < modes(); ++mode) {
        const std::size_t row = std::size_t{1} * group * modes() + mode;
        const auto code = catalogue_.strain(voxel, generation, mode);
        for (int a = 0; a < n; ++a) strains_[(row * n + a) * lane_count + lane] = code[a];
        if (barriers) barriers_[row * lane_count + lane] = catalogue_.barrier_code(voxel, generation, mode);
    }
}

template <int Dim>
void Voxels<Dim>::transform(int slot, const Event& event)
{
    const auto code = strain_code(slot, event.mode);
    const auto strain = catalogue_.decode(code);
    const double squared = 0.5 * dot(strain, strain);
    permanent_[slot] = permanent_softening(softening_, permanent_[slot], squared);
    temporary_[slot] = temporary_softening(softening_, squared);
    last_high_[slot] = event.time.high();
    last_low_[slot] = event.time.low();
    for (int a = 0; a < n; ++a) {
        eigenstrain_[a][slot] += strain[a];
        previous_[(std::size_t{1} * (slot / lane_count) * n + a) * lane_count + slot % lane_count] = code[a];
    }
    draw_modes(slot, ++generation_[slot]);
}

template <int Dim>
StrainCode<Dim> Voxels<Dim>::strain_code(int slot, int mode) const noexcept
{
    StrainCode<Dim> code{};
    for (int a = 0; a < n; ++a) code[a] = strains(slot / lane_count)[(mode * n + a) * lane_count + slot % lane_count];
    return code;
}

template <int Dim>
bool Voxels<Dim>::is_reversal(int slot, const StrainCode<Dim>& code) const noexcept
{
    std::int64_t product = 0;
    for (int a = 0; a < n; ++a) product += std::int64_t{code[a]} * previous(slot / lane_count)[a * lane_count + slot % lane_count];
    return product < 0;
}

template <int Dim>
double Voxels<Dim>::softening(int slot, const PreciseTime& now, double relaxation_time) const noexcept
{
    const double elapsed = now - PreciseTime(last_high_[slot], last_low_[slot]);
    return permanent_[slot] + temporary_[slot] * exponential_function(-elapsed / relaxation_time);
}

template <int Dim>
std::int64_t Voxels<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    const std::int64_t codes = options.modes * (n + (options.barrier_std > 0.0 ? 1 : 0)) + n;
    return codes * static_cast<std::int64_t>(sizeof(std::int16_t)) + (4 + n) * static_cast<std::int64_t>(sizeof(double)) +
           static_cast<std::int64_t>(sizeof(std::int32_t));
}

template class Voxels<2>;
template class Voxels<3>;

}  // namespace shearwater
