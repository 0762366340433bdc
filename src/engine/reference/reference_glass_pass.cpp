/// The pass over all voxels, in which the reference engine spends most of its time: one exponential (two in softened voxels) and 6 bytes of catalogue
/// per mode and voxel. It is compiled for several instruction sets and gives the same bits with all of them.

#include <shearwater/core/clones.hpp>
#include <shearwater/engine/reference/reference_glass.hpp>

namespace shearwater {

namespace {

/// All ones in the first `lanes` lanes, zero in the others.
SHEARWATER_INLINE IntegerLanes first_lanes(int lanes) noexcept
{
    constexpr IntegerLanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return lane < lanes;
}

}  // namespace

template <int Dim>
TileBounds ReferenceGlass<Dim>::bound_inline(int tile, bool entering) noexcept
{
    const Tile& here = glass_.tiles().tiles()[tile];
    Lanes total{};
    Lanes peak = broadcast(-1.0);
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
        const int slot = lane_count * group;
        Lanes begin[n];
        Lanes end[n];
        glass_.load_stress(group, begin);
        if (entering) {
            add_entering(group, begin);
            glass_.store_stress(group, begin);
        }
        for (int a = 0; a < n; ++a) end[a] = begin[a];
        glass_.mean().add(group, begin_shift_, begin);
        glass_.mean().add(group, end_shift_, end);
        Lanes bound{};
        // The exponential does not pass on a NaN; x − x does.
        for (int a = 0; a < n; ++a) bound += (begin[a] - begin[a]) + (end[a] - end[a]);
        Lanes highest = broadcast(-1.0);
        for_each_mode<Dim>(
            glass_.scales(), glass_.settled_group_state(group, window_.now), begin, end, bound_from_.high(),
            bound_from_.low(), [&](int /*mode*/, Lanes from_begin, Lanes from_end) __attribute__((always_inline)) {
                const Lanes exponent = maximum(from_begin, from_end);
                bound += ::shearwater::rate(exponent, glass_.frequency());
                highest = maximum(highest, exponent);
            });
        const IntegerLanes real = first_lanes(glass_.tiles().groups()[group].lanes);
        bound = real != 0 ? bound : Lanes{};
        store(bounds_.data() + slot, bound);
        total += bound;
        peak = maximum(peak, real != 0 ? highest : broadcast(-1.0));
    }
    TileBounds bounds;
    for (int lane = 0; lane < lane_count; ++lane) bounds.rate += total[lane];
    bounds.critical = any_positive(peak + 1e-12);
    return bounds;
}

namespace {

SHEARWATER_CLONES TileBounds bound_2d(ReferenceGlass<2>& model, int tile, bool entering)
{
    return model.bound_inline(tile, entering);
}

SHEARWATER_CLONES TileBounds bound_3d(ReferenceGlass<3>& model, int tile, bool entering)
{
    return model.bound_inline(tile, entering);
}

}  // namespace

template <>
TileBounds ReferenceGlass<2>::bound(int tile, bool entering)
{
    return bound_2d(*this, tile, entering);
}

template <>
TileBounds ReferenceGlass<3>::bound(int tile, bool entering)
{
    return bound_3d(*this, tile, entering);
}

}  // namespace shearwater
