#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <shearwater/hdf5/handle.hpp>

namespace shearwater {

/// Unit and meaning of a dataset; every dataset carries both.
struct Meaning {
    std::string unit;  ///< "1" when it has none
    std::string description;
};

/// A new HDF5 file, written by one process, that appears under its name only when it is complete: it is written under a temporary name, closed,
/// synced to disk and renamed.
///
/// HDF5 never sees a communicator. A write through MPI that fails leaves ranks inside MPI_File_write_all for ever, says nothing of the reason, and
/// HDF5 1.10.8 with Open MPI 4.1.4 stores wrong data through a Cartesian communicator. What all ranks have to write, one of them describes with
/// `reserve`, and each then writes to the place that it returns.
///
/// On failure every function throws RunError with the file, the call and the system's reason. After that the file is never closed, as HDF5 may
/// crash when it closes a file that it could not write: its identifiers are left open (`start_hdf5` sees to it that nothing closes them at exit), the
/// temporary file is removed, and an older file of the same name stays as it was.
class Hdf5File {
  public:
    explicit Hdf5File(std::filesystem::path path);
    ~Hdf5File();
    Hdf5File(const Hdf5File&) = delete;
    Hdf5File& operator=(const Hdf5File&) = delete;
    Hdf5File(Hdf5File&&) = delete;
    Hdf5File& operator=(Hdf5File&&) = delete;

    void attribute(const std::string& name, const std::string& value);
    void attribute(const std::string& name, double value);
    void attribute(const std::string& name, std::int64_t value);

    /// Makes a group; its parents must exist.
    void group(const std::string& path);

    /// A whole dataset. @param values  last axis of the shape fastest
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, std::span<const double> values);
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, std::span<const std::int64_t> values);

    /// Makes a dataset of doubles or, if `integers`, of 64-bit integers, whose values are written past HDF5 between `close` and `finish`.
    /// @return where its values begin in the file, in C order and as they are in memory [bytes]
    [[nodiscard]] std::int64_t reserve(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, bool integers = false);

    /// Closes the file, which then has its full size and still its temporary name.
    void close();

    /// Closes the file if it is open, syncs it and gives it its name.
    void finish();

    /// The name of a file until `finish`.
    [[nodiscard]] static std::filesystem::path temporary_name(const std::filesystem::path& path) { return path.string() + ".tmp"; }

  private:
    void remove_temporary() const noexcept;
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, hid_t type, const void* values);
    [[nodiscard]] Hdf5Handle make_dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, hid_t type);

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    Hdf5Handle file_;
    bool is_finished_ = false;
};

}  // namespace shearwater
