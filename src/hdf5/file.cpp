#include <shearwater/hdf5/file.hpp>

#include <utility>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/output_file.hpp>

namespace shearwater {

namespace {

/// Calls work() and adds the name of the file to the message of a RunError.
template <class Work>
auto naming(const std::filesystem::path& path, Work&& work)
{
    try {
        return work();
    } catch (const RunError& error) {
        throw RunError(
            fmt::format("{}: cannot be written: {}; is there room on the disk, and may the folder be written?", path.string(), error.what()));
    }
}

void add_attribute(hid_t object, const std::string& name, hid_t type, const void* value)
{
    const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose, "H5Screate");
    const Hdf5Handle attribute(H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, "H5Acreate2");
    check_hdf5(H5Awrite(attribute.get(), type, value), "H5Awrite");
}

void add_attribute(hid_t object, const std::string& name, const std::string& value)
{
    const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "H5Tcopy");
    check_hdf5(H5Tset_size(type.get(), value.empty() ? 1 : value.size()), "H5Tset_size");
    check_hdf5(H5Tset_cset(type.get(), H5T_CSET_UTF8), "H5Tset_cset");
    add_attribute(object, name, type.get(), value.c_str());
}

Hdf5Handle create(const std::filesystem::path& path)
{
    start_hdf5();
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "H5Pcreate");
    // No lock is needed, since the run has claimed the folder, and some file systems have no locks.
    check_hdf5(H5Pset_file_locking(access.get(), false, true), "H5Pset_file_locking");
    return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose, "H5Fcreate"};
}

}  // namespace

Hdf5File::Hdf5File(std::filesystem::path path) : path_(std::move(path)), temporary_(temporary_name(path_))
{
    try {
        naming(temporary_, [&] { file_ = create(temporary_); });
    } catch (const RunError&) {
        remove_temporary();  // HDF5 may have created the file before it found the disk to be full.
        throw;
    }
}

Hdf5File::~Hdf5File()
{
    if (!is_finished_) remove_temporary();
}

void Hdf5File::remove_temporary() const noexcept
{
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
}

void Hdf5File::attribute(const std::string& name, const std::string& value)
{
    naming(temporary_, [&] { add_attribute(file_.get(), name, value); });
}

void Hdf5File::attribute(const std::string& name, double value)
{
    naming(temporary_, [&] { add_attribute(file_.get(), name, H5T_NATIVE_DOUBLE, &value); });
}

void Hdf5File::attribute(const std::string& name, std::int64_t value)
{
    naming(temporary_, [&] { add_attribute(file_.get(), name, H5T_NATIVE_INT64, &value); });
}

void Hdf5File::group(const std::string& path)
{
    naming(temporary_, [&] {
        Hdf5Handle(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "H5Gcreate2").close("H5Gclose");
    });
}

void Hdf5File::dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, std::span<const double> values)
{
    dataset(path, meaning, shape, H5T_NATIVE_DOUBLE, values.data());
}

void Hdf5File::dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, std::span<const std::int64_t> values)
{
    dataset(path, meaning, shape, H5T_NATIVE_INT64, values.data());
}

void Hdf5File::dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, hid_t type, const void* values)
{
    naming(temporary_, [&] {
        auto set = make_dataset(path, meaning, shape, type);
        check_hdf5(H5Dwrite(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "H5Dwrite");
        set.close("H5Dclose");
    });
}

std::int64_t Hdf5File::reserve(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, bool integers)
{
    return naming(temporary_, [&] {
        auto set = make_dataset(path, meaning, shape, integers ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE);
        const haddr_t place = H5Dget_offset(set.get());
        if (place == HADDR_UNDEF) check_hdf5(-1, "H5Dget_offset");
        set.close("H5Dclose");
        return static_cast<std::int64_t>(place);
    });
}

Hdf5Handle Hdf5File::make_dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, hid_t type)
{
    const Hdf5Handle whole(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose, "H5Screate_simple");
    const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "H5Pcreate");
    // Times are not stored, so that equal results give equal files.
    check_hdf5(H5Pset_obj_track_times(creation.get(), false), "H5Pset_obj_track_times");
    // Space for the values is allocated now, and nothing but the values is ever written to it.
    check_hdf5(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time");
    check_hdf5(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), "H5Pset_fill_time");
    Hdf5Handle set(H5Dcreate2(file_.get(), path.c_str(), type, whole.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), H5Dclose, "H5Dcreate2");
    add_attribute(set.get(), "unit", meaning.unit);
    add_attribute(set.get(), "description", meaning.description);
    return set;
}

void Hdf5File::close()
{
    naming(temporary_, [&] {
        // The program survives a flush that fails, but not a close that fails.
        check_hdf5(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), "H5Fflush");
        file_.close("H5Fclose");
    });
}

void Hdf5File::finish()
{
    if (file_.get() >= 0) close();
    put_in_place(temporary_, path_);
    is_finished_ = true;
}

}  // namespace shearwater
