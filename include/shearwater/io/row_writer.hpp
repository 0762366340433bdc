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

/// Writes fields over the lattice to their places in a file, all ranks at once and part by part. Ranks whose boxes share rows (along x) send theirs
/// to the first of them, which writes: so what is written is one run of the file, however the lattice is cut.
///
/// A rank that cannot write keeps the reason and goes on to receive, so that nobody waits for it; `finish` tells all.
template <int Dim>
class RowWriter {
  public:
    /// Opens the file, which must have its full size. Collective.
    /// @param box  the rank's part of the grid: boxes form a regular process grid (Partition)
    RowWriter(const Communicator& comm, const std::filesystem::path& file, const Grid<Dim>& grid, const Box<Dim>& box);

    /// The parts in which the rank's box is to be written, one after the other: rows of one layer, in the order of the box's own numbering.
    [[nodiscard]] const std::vector<Box<Dim>>& parts() const noexcept { return parts_; }

    /// Writes the values of a part. Collective among ranks that share rows.
    /// @param place            where the field begins in the file [bytes]
    /// @param bytes_per_voxel  of the field
    /// @param values           of the rank's voxels in the part, x fastest
    void write(std::int64_t place, std::int64_t bytes_per_voxel, const Box<Dim>& part, std::span<const std::byte> values);

    /// Waits until all is on the disk. Collective. @throws RunError, the same on every rank, if a rank could not write
    void finish();

  private:
    /// Does something with the file unless that has failed before.
    template <class Work>
    void attempt(Work&& work);

    const Communicator& comm_;
    Grid<Dim> grid_;
    Communicator row_;         ///< ranks that share rows with this one, from low x to high
    std::vector<int> widths_;  ///< of their boxes along x [voxels]
    std::vector<Box<Dim>> parts_;
    std::optional<OutputFile> file_;  ///< of the rank that writes
    std::string error_;               ///< why that could not; empty if it could
};

}  // namespace shearwater
