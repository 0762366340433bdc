#pragma once

#include <array>
#include <span>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/elasticity/cell.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/lattice/tiles.hpp>
#include <shearwater/loading/loading.hpp>

namespace shearwater {

/// The mean strain of the cell, and its contribution to the stress of voxels.
template <int Dim>
struct MeanShift {
    SymmetricTensor<Dim> strain{};                     ///< mean strain
    std::array<double, deviator_size<Dim>> uniform{};  ///< deviatoric stress of the mean strain for uniform moduli [GPa]

    void visit(Archive& archive)
    {
        archive("strain", strain);
        archive("uniform", uniform);
    }
};

/// The mean strain and stress of the cell as functions of the load and of the strains of all voxels, and their contribution to the stress of each
/// voxel.
template <int Dim>
class MeanOfCell {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// The mean of the undeformed cell. Keeps references to all arguments.
    MeanOfCell(const Tiles<Dim>& tiles, ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    /// Mean strain and stress at a load parameter.
    [[nodiscard]] MeanState<Dim> state(double load) const { return loading_.state(load, mean_eigenstress_); }
    /// Mean strain and stress at a load parameter if the mean eigenstrain were larger by `more`, for uniform moduli.
    [[nodiscard]] MeanState<Dim> state(double load, const Deviator<Dim>& more) const;

    /// Contribution of the mean strain at a load parameter to the stress of voxels.
    [[nodiscard]] MeanShift<Dim> shift(double load) const;
    /// Adds this contribution, A(x):Ē, to the stress of a lane group.
    SHEARWATER_INLINE void add(int group, const MeanShift<Dim>& shift, Lanes* stress) const noexcept;
    /// Deviatoric stress that a mean eigenstrain of the cell causes in every voxel through the mean strain, for uniform moduli [GPa].
    [[nodiscard]] Deviator<Dim> shift_of(const Deviator<Dim>& mean_eigenstrain) const noexcept;
    /// Largest norm of the stress per norm of the mean strain in some groups, for non-uniform moduli [GPa].
    [[nodiscard]] double largest_response(int first_group, int groups) const noexcept;

    /// Adds events to the mean, for uniform moduli. @param events  events of all ranks, in order
    void apply(std::span<const Event> events);
    /// Sets the sum of the strains of all events of all ranks, for uniform moduli.
    void set_total_eigenstrain(const Deviator<Dim>& total);
    /// Sets the mean from the result of a solve of the whole field, for non-uniform moduli. Collective. @param stress  result of ElasticCell::stress
    void take(const Fields& stress);

    /// Lists the state.
    void visit(Archive& archive)
    {
        archive("total_eigenstrain", total_eigenstrain_);
        archive("mean_eigenstress", mean_eigenstress_);
    }

  private:
    void update();

    const Tiles<Dim>& tiles_;
    ElasticCell<Dim>& cell_;
    const Loading<Dim>& loading_;
    std::vector<double> load_response_;        ///< for non-uniform moduli [coefficient][component][slot] [GPa]
    Deviator<Dim> total_eigenstrain_{};        ///< sum over all voxels of the cell, in the order of events
    SymmetricTensor<Dim> mean_eigenstress_{};  ///< mean stress at zero mean strain [GPa]
};

template <int Dim>
void MeanOfCell<Dim>::add(int group, const MeanShift<Dim>& shift, Lanes* stress) const noexcept
{
    if (load_response_.empty()) {
        for (int a = 0; a < n; ++a) stress[a] += shift.uniform[a];
        return;
    }
    const double* response = load_response_.data() + std::size_t{1} * lane_count * group;
    for (int a = 0; a < n; ++a)
        for (int c = 0; c < tensor_size<Dim>; ++c, response += tiles_.slots()) stress[a] += load(response) * shift.strain[c];
}

}  // namespace shearwater
