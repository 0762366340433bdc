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

/// State of a run as far as it is known without evaluating voxels. It is the same on every rank.
struct RunPoint {
    std::int64_t step = 0;        ///< steps of the engine so far
    PreciseTime time;             ///< [s]
    double load = 0.0;            ///< load parameter (loading/drive.hpp)
    double strain = 0.0;          ///< strain s Ē of the driven component [-]
    double stress = 0.0;          ///< stress s σ of the driven component [GPa]
    double plastic_strain = 0.0;  ///< plastic strain ε_p [-]
    EventCounts counts;           ///< counts of all events so far

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

/// A state of the run that is recorded in a row of the history or in a snapshot.
///
/// It may be a state that the last step has passed through. Voxels that have transformed since are then kept in `past`.
template <int Dim>
struct Instant {
    RunPoint point;
    SymmetricTensor<Dim> mean_strain{};               ///< mean strain of the cell [-]
    bool is_past = false;                             ///< whether voxels, of any rank, have transformed since
    std::unordered_map<int, VoxelState<Dim>> past{};  ///< state at the instant of this rank's voxels that have transformed since, by slot
};

/// Constant data of a run that observables may use. It holds references.
template <int Dim>
struct RunContext {
    const Communicator& comm;
    const Tiles<Dim>& tiles;
    const Catalogue<Dim>& catalogue;
    const ActivationOptions& activation;
    const SofteningOptions& softening;
};

/// The state of the voxels of this rank at an instant. Voxels are numbered in the order of the rank's box, x fastest.
template <int Dim>
class VoxelsAt {
  public:
    /// Keeps references to all arguments.
    /// @param eigenstress  stress of the eigenstrains at zero mean strain, as deviatoric coefficients followed by the mean of the diagonal, each in
    /// box
    ///                     order [component][voxel] [GPa]; null if `stress` is not called
    VoxelsAt(const RunContext<Dim>& run, const Glass<Dim>& glass, const ElasticCell<Dim>& cell, const Instant<Dim>& instant,
             const Fields* eigenstress = nullptr)
        : run_(run), glass_(glass), cell_(cell), instant_(instant), eigenstress_(eigenstress)
    {
    }

    [[nodiscard]] const RunContext<Dim>& run() const noexcept { return run_; }
    [[nodiscard]] const RunPoint& point() const noexcept { return instant_.point; }

    /// Number of voxels of this rank.
    [[nodiscard]] std::int64_t count() const noexcept { return run_.tiles.box().count(); }
    /// Number of a voxel in the whole lattice.
    [[nodiscard]] std::int64_t id(std::int64_t voxel) const noexcept;
    [[nodiscard]] VoxelState<Dim> state(std::int64_t voxel) const;
    /// Softening η at the time of the instant [-].
    [[nodiscard]] double softening(const VoxelState<Dim>& state) const noexcept;
    /// Deviatoric coefficients of the strain of a mode [-].
    [[nodiscard]] Deviator<Dim> mode_strain(std::int64_t voxel, const VoxelState<Dim>& state, int mode) const;
    /// Alignment D of a mode, in [0, 1] (stz/barrier.hpp) [-].
    [[nodiscard]] double mode_alignment(const VoxelState<Dim>& state, const Deviator<Dim>& mode_strain) const noexcept;
    /// Stress-free barrier ΔF of a mode without softening [eV].
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
