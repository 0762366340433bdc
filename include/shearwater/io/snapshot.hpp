#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/precise_time.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/hdf5/file.hpp>
#include <shearwater/lattice/grid.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// A field of a snapshot: what it is, and the value in a voxel of the rank's box, numbered with x fastest. Values are asked for while they are
/// written, so that they need not be stored.
template <int Dim>
struct SnapshotDataset {
    template <class Value>
    using Of = std::function<Value(std::int64_t voxel)>;

    std::string name;
    Meaning meaning;
    std::variant<Of<double>, Of<std::int64_t>, Of<SymmetricTensor<Dim>>> value;
};

/// What a snapshot says of its moment and origin.
struct SnapshotHeader {
    std::string deck;  ///< the resolved deck
    std::int64_t seed = 0;
    PreciseTime time;  ///< [s]
    double strain = 0.0;
    std::int64_t events = 0;
    double pitch = 0.0;         ///< edge of a voxel [nm]
    std::string petsc_options;  ///< in force
};

/// Writes snapshots/NAME.h5, self-contained: rank 0 makes the file, and all write their parts. Collective.
/// @param box  the rank's part of the grid
/// @throws RunError, the same on every rank, if any rank could not write; then nothing is left of the file
template <int Dim>
void write_snapshot(const Communicator& comm, const std::filesystem::path& file, const Grid<Dim>& grid, const Box<Dim>& box,
                    const SnapshotHeader& header, const std::vector<SnapshotDataset<Dim>>& fields);

/// A field as the series lists it.
struct SeriesField {
    std::string name;
    int components = 1;
    bool is_integer = false;
};

/// A snapshot as the series lists it.
struct SeriesEntry {
    std::string file;         ///< relative to the series
    double load = 0.0;        ///< load parameter: what ParaView shows as its time
    std::int64_t events = 0;  ///< so far

    void visit(Archive& archive)
    {
        archive("file", file);
        archive("load", load);
        archive("events", events);
    }
};

/// Writes the XDMF series that ParaView opens with its "XDMF Reader": in 2D one layer of voxels and one array for each tensor component,
/// named e.g. stress_xy; in 3D tensors, whose components ParaView names. By one rank. Throws RunError if it cannot be written.
/// @param pitch  edge of a voxel [nm]
template <int Dim>
void write_series(const std::filesystem::path& file, const Grid<Dim>& grid, double pitch, const std::vector<SeriesField>& fields,
                  const std::vector<SeriesEntry>& entries);

}  // namespace shearwater
