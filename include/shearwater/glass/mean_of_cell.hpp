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

/// The mean strain of the cell, and what it adds to the stress of its voxels.
template <int Dim>
struct MeanShift {
    SymmetricTensor<Dim> strain{};                     ///< mean strain
    std::array<double, deviator_size<Dim>> uniform{};  ///< its deviatoric stress when moduli are uniform [GPa]

    void visit(Archive& archive)
    {
        archive("strain", strain);
        archive("uniform", uniform);
    }
};

/// The mean strain and stress of the cell: how they follow from the load and from the strains of all voxels, and what they add to the stress of each.
template <int Dim>
class MeanOfCell {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// That of the undeformed cell. Keeps references to all of them.
    MeanOfCell(const Tiles<Dim>& tiles, ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    /// Mean strain and stress at a load parameter.
    [[nodiscard]] MeanState<Dim> state(double load) const { return loading_.state(load, mean_eigenstress_); }
    /// The same if the mean eigenstrain were so much more, when moduli are uniform.
    [[nodiscard]] MeanState<Dim> state(double load, const Deviator<Dim>& more) const;

    /// What the mean strain at a load parameter adds to the stress of voxels.
    [[nodiscard]] MeanShift<Dim> shift(double load) const;
    /// Adds it, A(x):Ē, to the stress of a lane group.
    SHEARWATER_INLINE void add(int group, const MeanShift<Dim>& shift, Lanes* stress) const noexcept;
    /// Deviatoric stress that a mean eigenstrain of the cell causes in every voxel through the mean strain, when moduli are uniform [GPa].
    [[nodiscard]] Deviator<Dim> shift_of(const Deviator<Dim>& mean_eigenstrain) const noexcept;
    /// Largest norm of the stress per norm of mean strain in some groups, when moduli differ [GPa].
    [[nodiscard]] double largest_response(int first_group, int groups) const noexcept;

    /// Carries out events in the mean, when moduli are uniform. @param events  of all ranks, in order
    void apply(std::span<const Event> events);
    /// Sets what the strains of all events of all ranks add up to, when moduli are uniform.
    void set_total_eigenstrain(const Deviator<Dim>& total);
    /// Takes the mean from a solve of the whole field, when moduli differ. Collective. @param stress  of ElasticCell::stress
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
    std::vector<double> load_response_;        ///< when moduli differ: [coefficient][component][slot] [GPa]
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
