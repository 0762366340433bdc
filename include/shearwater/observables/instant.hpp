#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/cell.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/glass/glass.hpp>
#include <shearwater/stz/catalogue.hpp>
#include <shearwater/stz/options.hpp>

namespace shearwater {

/// Where a run stands, as far as it is known without a look at the voxels. The same on every rank.
struct RunPoint {
    std::int64_t step = 0;        ///< decisions of the engine so far
    PreciseTime time;             ///< [s]
    double load = 0.0;            ///< load parameter (loading/drive.hpp)
    double strain = 0.0;          ///< s ε of the driven component [-]
    double stress = 0.0;          ///< s σ [GPa]
    double plastic_strain = 0.0;  ///< [-]
    EventCounts counts;           ///< of all events so far

    void visit(Archive& archive)
    {
        archive("step", step);
        archive("time", time);
        archive("load", load);
        archive("strain", strain);
        archive("stress", stress);
        archive("plastic_strain", plastic_strain);
        archive("counts", counts);
    }
};

/// A state of the run that is recorded: in a row of the history, or in a snapshot.
template <int Dim>
struct Instant {
    RunPoint point;
    SymmetricTensor<Dim> mean_strain{};               ///< of the cell
    bool is_past = false;                             ///< whether some voxel has transformed since
    std::unordered_map<int, VoxelState<Dim>> past{};  ///< what voxels of this rank were that have transformed since, by slot
};

/// What observables may know of a run from its beginning on.
template <int Dim>
struct RunContext {
    const Communicator& comm;
    const Tiles<Dim>& tiles;
    const Catalogue<Dim>& catalogue;
    const ActivationOptions& activation;
    const SofteningOptions& softening;
};

/// The voxels of this rank at an instant. They are numbered in box order, with x fastest.
template <int Dim>
class VoxelsAt {
  public:
    /// Keeps references to all of them.
    /// @param eigenstress  stress at zero mean strain, its deviatoric coefficients and the mean of its diagonal, in box order [GPa]; null if no
    ///                     stress is asked for
    VoxelsAt(const RunContext<Dim>& run, const Glass<Dim>& glass, const ElasticCell<Dim>& cell, const Instant<Dim>& instant,
             const Fields* eigenstress = nullptr)
        : run_(run), glass_(glass), cell_(cell), instant_(instant), eigenstress_(eigenstress)
    {
    }

    [[nodiscard]] const RunContext<Dim>& run() const noexcept { return run_; }
    [[nodiscard]] const RunPoint& point() const noexcept { return instant_.point; }

    [[nodiscard]] std::int64_t count() const noexcept { return run_.tiles.box().count(); }
    /// Id of a voxel in the whole lattice.
    [[nodiscard]] std::int64_t id(std::int64_t voxel) const noexcept;
    [[nodiscard]] VoxelState<Dim> state(std::int64_t voxel) const;
    /// Softening η [-].
    [[nodiscard]] double softening(const VoxelState<Dim>& state) const noexcept;
    /// Strain of a mode [-].
    [[nodiscard]] Deviator<Dim> mode_strain(std::int64_t voxel, const VoxelState<Dim>& state, int mode) const;
    /// How much of the softening a mode sees, D in [0, 1] (stz/barrier.hpp).
    [[nodiscard]] double mode_alignment(const VoxelState<Dim>& state, const Deviator<Dim>& mode_strain) const noexcept;
    /// Stress-free barrier ΔF of a mode, before it is softened [eV].
    [[nodiscard]] double intrinsic_barrier(std::int64_t voxel, const VoxelState<Dim>& state, int mode) const;
    /// Mean stress of the voxel [GPa].
    [[nodiscard]] SymmetricTensor<Dim> stress(std::int64_t voxel) const;

  private:
    const RunContext<Dim>& run_;
    const Glass<Dim>& glass_;
    const ElasticCell<Dim>& cell_;
    const Instant<Dim>& instant_;
    const Fields* eigenstress_;
};

}  // namespace shearwater
