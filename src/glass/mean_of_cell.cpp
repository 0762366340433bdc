#include <shearwater/glass/mean_of_cell.hpp>

#include <algorithm>
#include <cmath>

namespace shearwater {

template <int Dim>
MeanOfCell<Dim>::MeanOfCell(const Tiles<Dim>& tiles, ElasticCell<Dim>& cell, const Loading<Dim>& loading)
    : tiles_(tiles), cell_(cell), loading_(loading)
{
    if (cell.is_uniform()) return;
    constexpr int size = tensor_size<Dim>;
    load_response_.resize(std::size_t{1} * n * size * tiles.slots());
    tiles.for_each([&](int slot) {
        const auto& response = cell.load_response()[tiles.box().local(tiles.voxel(slot))];
        for (int a = 0; a < n; ++a)
            for (int c = 0; c < size; ++c) load_response_[(std::size_t{1} * a * size + c) * tiles.slots() + slot] = response[a][c];
    });
}

template <int Dim>
MeanState<Dim> MeanOfCell<Dim>::state(double load, const Deviator<Dim>& more) const
{
    auto eigenstress = cell_.mean_eigenstress(more, {});
    for (std::size_t c = 0; c < eigenstress.size(); ++c) eigenstress[c] += mean_eigenstress_[c];
    return loading_.state(load, eigenstress);
}

template <int Dim>
MeanShift<Dim> MeanOfCell<Dim>::shift(double load) const
{
    MeanShift<Dim> shift;
    shift.strain = state(load).strain;
    const auto& response = cell_.load_response().front();
    for (int a = 0; a < n; ++a)
        for (int c = 0; c < tensor_size<Dim>; ++c) shift.uniform[a] += response[a][c] * shift.strain[c];
    return shift;
}

template <int Dim>
Deviator<Dim> MeanOfCell<Dim>::shift_of(const Deviator<Dim>& mean_eigenstrain) const noexcept
{
    const auto strain = loading_.response(cell_.mean_eigenstress(mean_eigenstrain, {})).strain;
    Deviator<Dim> shift{};
    const auto& response = cell_.load_response().front();
    for (int a = 0; a < n; ++a)
        for (int c = 0; c < tensor_size<Dim>; ++c) shift[a] += response[a][c] * strain[c];
    return shift;
}

template <int Dim>
double MeanOfCell<Dim>::largest_response(int first_group, int groups) const noexcept
{
    double largest = 0.0;
    for (int slot = lane_count * first_group; slot < lane_count * (first_group + groups); ++slot) {
        double squared = 0.0;
        for (std::size_t row = 0; row < std::size_t{n} * tensor_size<Dim>; ++row) squared += std::pow(load_response_[row * tiles_.slots() + slot], 2);
        largest = std::max(largest, squared);
    }
    return std::sqrt(largest);
}

template <int Dim>
void MeanOfCell<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events)
        for (int a = 0; a < n; ++a) total_eigenstrain_[a] += event.strain[a];
    update();
}

template <int Dim>
void MeanOfCell<Dim>::set_total_eigenstrain(const Deviator<Dim>& total)
{
    total_eigenstrain_ = total;
    update();
}

template <int Dim>
void MeanOfCell<Dim>::take(const Fields& stress)
{
    if (!cell_.is_uniform()) mean_eigenstress_ = cell_.mean_eigenstress({}, stress);
}

/// Updates the mean by the events that have been summed.
template <int Dim>
void MeanOfCell<Dim>::update()
{
    if (!cell_.is_uniform()) return;
    Deviator<Dim> mean{};
    for (int a = 0; a < n; ++a) mean[a] = total_eigenstrain_[a] / static_cast<double>(tiles_.grid().count());
    mean_eigenstress_ = cell_.mean_eigenstress(mean, {});
}

template class MeanOfCell<2>;
template class MeanOfCell<3>;

}  // namespace shearwater
