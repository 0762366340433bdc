#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <shearwater/core/output_file.hpp>
#include <shearwater/lattice/grid.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Writes fields over the lattice to given offsets of a file, on all ranks in parallel and part by part.
///
/// Ranks whose boxes share rows along x send their rows to the first of these ranks, which writes them. Every write is therefore one contiguous range
/// of the file, however the lattice is partitioned. A rank that fails to write records the reason and continues to receive, so that no rank waits for
/// it; `finish` reports the failure on all ranks.
template <int Dim>
class RowWriter {
  public:
    /// Opens the file, which must have its final size. Collective. Keeps a reference to `comm`.
    /// @param box  box of this rank; boxes form a regular process grid (Partition)
    RowWriter(const Communicator& comm, const std::filesystem::path& file, const Grid<Dim>& grid, const Box<Dim>& box);

    /// The parts in which this rank's box must be written, in order. A part consists of consecutive rows of one layer, in the numbering of the box.
    [[nodiscard]] const std::vector<Box<Dim>>& parts() const noexcept { return parts_; }

    /// Writes the values of a part. Collective among the ranks that share rows.
    /// @param place            offset of the field in the file [bytes]
    /// @param bytes_per_voxel  size of the field in one voxel [bytes]
    /// @param part             a part of `parts`
    /// @param values           values in this rank's voxels of the part, x fastest
    void write(std::int64_t place, std::int64_t bytes_per_voxel, const Box<Dim>& part, std::span<const std::byte> values);

    /// Waits until all data are on disk, and closes the file. Collective. @throws RunError, the same on every rank, if a rank failed to write
    void finish();

  private:
    /// Calls work() unless an earlier call has failed, and records its failure.
    template <class Work>
    void attempt(Work&& work);

    const Communicator& comm_;
    Grid<Dim> grid_;
    Communicator row_;         ///< ranks that share rows with this one, in the order of x
    std::vector<int> widths_;  ///< widths of their boxes along x [voxels]
    std::vector<Box<Dim>> parts_;
    std::optional<OutputFile> file_;  ///< the file, on ranks that write
    std::string error_;               ///< reason of the first failure, or empty
};

}  // namespace shearwater
