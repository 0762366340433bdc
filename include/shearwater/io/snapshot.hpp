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

/// A field of a snapshot, given by a function that returns the value in a voxel. Values are evaluated when they are written, so that fields need not
/// be stored.
template <int Dim>
struct SnapshotDataset {
    /// @param voxel  number of the voxel in the rank's box, x fastest
    template <class Value>
    using Of = std::function<Value(std::int64_t voxel)>;

    std::string name;
    Meaning meaning;
    std::variant<Of<double>, Of<std::int64_t>, Of<SymmetricTensor<Dim>>> value;
};

/// Attributes of a snapshot: its instant and its origin.
struct SnapshotHeader {
    std::string deck;           ///< text of the resolved deck
    std::int64_t seed = 0;      ///< seed of all random numbers
    PreciseTime time;           ///< [s]
    double strain = 0.0;        ///< strain of the driven component [-]
    std::int64_t events = 0;    ///< number of events so far
    double pitch = 0.0;         ///< edge of a voxel [nm]
    std::string petsc_options;  ///< PETSc's options in force
};

/// Writes a snapshot to an HDF5 file. Collective. Rank 0 creates the file, and all ranks write their parts of the fields.
/// @param file    path of the file
/// @param box     box of this rank
/// @param header  used on rank 0 only
/// @throws RunError, the same on every rank, if any rank fails to write; the file is then removed
template <int Dim>
void write_snapshot(const Communicator& comm, const std::filesystem::path& file, const Grid<Dim>& grid, const Box<Dim>& box,
                    const SnapshotHeader& header, const std::vector<SnapshotDataset<Dim>>& fields);

/// Description of a field for the XDMF series.
struct SeriesField {
    std::string name;
    int components = 1;
    bool is_integer = false;
};

/// Description of a snapshot for the XDMF series.
struct SeriesEntry {
    std::string file;         ///< path relative to the series
    double load = 0.0;        ///< load parameter, which ParaView displays as time [- or s]
    std::int64_t events = 0;  ///< number of events so far

    void visit(Archive& archive)
    {
        archive("file", file);
        archive("load", load);
        archive("events", events);
    }
};

/// Writes the XDMF file that lists all snapshots, for ParaView's "XDMF Reader". To be called on one rank. A 2D cell is one layer of voxels, with one
/// array for every tensor component, named e.g. stress_xy; in 3D tensors are arrays of six components, which ParaView names.
/// @param file   path of the XDMF file
/// @param pitch  edge of a voxel [nm]
/// @throws RunError if the file cannot be written
template <int Dim>
void write_series(const std::filesystem::path& file, const Grid<Dim>& grid, double pitch, const std::vector<SeriesField>& fields,
                  const std::vector<SeriesEntry>& entries);

}  // namespace shearwater
