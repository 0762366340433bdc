#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <mpi.h>

#include <shearwater/hdf5/handle.hpp>

namespace shearwater {

/// Unit and meaning of a dataset; every dataset carries both.
struct Meaning {
    std::string unit;  ///< "1" when it has none
    std::string description;
};

/// The part of a dataset that one rank holds: where it begins and how long it is along each dataset axis.
struct Slab {
    std::vector<hsize_t> start;
    std::vector<hsize_t> count;
};

/// A new HDF5 file that appears under its name only when it is complete: it is written under a temporary name, closed, synced to
/// disk and renamed. If it is destroyed before `finish`, the temporary file stays behind and the old file, if any, is untouched.
class Hdf5File {
  public:
    /// A file written by one process.
    explicit Hdf5File(std::filesystem::path path);

    /// A file written by all ranks of `comm` together. Collective, and so is every call on the file.
    /// @param comm  not a Cartesian communicator nor a copy of one (HDF5 1.10.8 with Open MPI 4.1.4 stores wrong data then)
    Hdf5File(std::filesystem::path path, MPI_Comm comm);

    void attribute(const std::string& name, const std::string& value);
    void attribute(const std::string& name, double value);
    void attribute(const std::string& name, std::int64_t value);

    /// Makes a group; its parents must exist.
    void group(const std::string& path);

    /// A dataset of which every rank holds one slab (all of it, in a file written by one process).
    ///
    /// @param shape  of the whole dataset  @param values  this rank's, last axis fastest; the slabs of all ranks cover the shape
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, const Slab& mine,
                 std::span<const double> values);
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, const Slab& mine,
                 std::span<const std::int64_t> values);

    /// A dataset to be written part by part.
    class Dataset {
      public:
        /// Writes a slab of every rank, which may be empty. Collective, as often on every rank.
        void write(const Slab& mine, std::span<const double> values) const { write(mine, H5T_NATIVE_DOUBLE, values.data()); }
        void write(const Slab& mine, std::span<const std::int64_t> values) const { write(mine, H5T_NATIVE_INT64, values.data()); }

      private:
        friend Hdf5File;
        void write(const Slab& mine, hid_t type, const void* values) const;

        std::string path_;
        bool collective_ = false;
        Hdf5Handle set_;
    };

    /// Makes a dataset of doubles or, if `integers`, of 64-bit integers. @param shape  of the whole dataset
    [[nodiscard]] Dataset make_dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, bool integers = false);

    /// Closes the file, syncs it and gives it its name.
    void finish();

  private:
    void open(hid_t access);

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    MPI_Comm comm_ = MPI_COMM_NULL;
    Hdf5Handle file_;
};

/// Gives a finished file its name: syncs it and its folder to disk and renames it. Throws RunError with the reason.
void put_in_place(const std::filesystem::path& temporary, const std::filesystem::path& path);

}  // namespace shearwater
