#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <shearwater/hdf5/handle.hpp>

namespace shearwater {

/// Unit and description of a dataset, which every dataset has as attributes.
struct Meaning {
    std::string unit;  ///< "1" for a pure number
    std::string description;
};

/// A new HDF5 file written by one process. The file appears under its name only when it is complete: it is written under a temporary name, closed,
/// synced to disk and renamed.
///
/// HDF5 is not given a communicator, for two reasons. A collective write that fails leaves ranks inside MPI_File_write_all forever and gives no
/// reason, and HDF5 1.10.8 with Open MPI 4.1.4 stores wrong data through a Cartesian communicator. For data distributed over ranks, one rank creates
/// the dataset by `reserve`, and then every rank writes its part to the file at the offset that `reserve` returned.
///
/// On failure every function throws a RunError that names the file, the call and the system's reason. The file is then not closed, because HDF5 may
/// crash when it closes a file that it could not write. Its identifiers are left open (`start_hdf5` prevents HDF5 from closing them at exit), the
/// temporary file is removed, and an existing file of the same name is kept.
class Hdf5File {
  public:
    /// Creates the file under its temporary name.
    explicit Hdf5File(std::filesystem::path path);
    ~Hdf5File();
    Hdf5File(const Hdf5File&) = delete;
    Hdf5File& operator=(const Hdf5File&) = delete;
    Hdf5File(Hdf5File&&) = delete;
    Hdf5File& operator=(Hdf5File&&) = delete;

    /// Adds an attribute to the file.
    void attribute(const std::string& name, const std::string& value);
    void attribute(const std::string& name, double value);
    void attribute(const std::string& name, std::int64_t value);

    /// Creates a group. Its parents must exist.
    void group(const std::string& path);

    /// Creates a dataset and writes its values. @param shape  sizes of the axes, slowest first  @param values  in C order: the last axis is fastest
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, std::span<const double> values);
    void dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, std::span<const std::int64_t> values);

    /// Creates a dataset of doubles or, if `integers`, of 64-bit integers, and allocates its space in the file without writing it. Its values are to
    /// be written to the file directly, without HDF5, between `close` and `finish`, in C order and in the native representation.
    /// @return offset of the values in the file [bytes]
    [[nodiscard]] std::int64_t reserve(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, bool integers = false);

    /// Closes the file, which then has its final size but still its temporary name.
    void close();

    /// Closes the file if it is open, syncs it to disk and renames it to its final name.
    void finish();

    /// Name that a file has until `finish`.
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
