#include <shearwater/hdf5/file.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

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

void sync(const std::filesystem::path& path, int flags)
{
    const int descriptor = ::open(path.c_str(), flags);
    const bool ok = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!ok) throw RunError(fmt::format("{}: cannot be written to disk: {}", path.string(), std::strerror(reason)));
}

}  // namespace

void put_in_place(const std::filesystem::path& temporary, const std::filesystem::path& path)
{
    sync(temporary, O_RDONLY);
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) throw RunError(fmt::format("{}: cannot be put in place: {}", path.string(), error.message()));
    sync(path.parent_path().empty() ? "." : path.parent_path(), O_RDONLY | O_DIRECTORY);
}

Hdf5File::Hdf5File(std::filesystem::path path) : path_(std::move(path)), temporary_(path_.string() + ".tmp")
{
    open(H5P_DEFAULT);
}

Hdf5File::Hdf5File(std::filesystem::path path, MPI_Comm comm) : path_(std::move(path)), temporary_(path_.string() + ".tmp"), comm_(comm)
{
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "H5Pcreate");
    check_hdf5(H5Pset_fapl_mpio(access.get(), comm, MPI_INFO_NULL), "H5Pset_fapl_mpio");
    open(access.get());
}

void Hdf5File::open(hid_t access)
{
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    file_ = Hdf5Handle(H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose,
                       fmt::format("creating {}", temporary_.string()).c_str());
}

void Hdf5File::attribute(const std::string& name, const std::string& value)
{
    add_attribute(file_.get(), name, value);
}

void Hdf5File::attribute(const std::string& name, double value)
{
    add_attribute(file_.get(), name, H5T_NATIVE_DOUBLE, &value);
}

void Hdf5File::attribute(const std::string& name, std::int64_t value)
{
    add_attribute(file_.get(), name, H5T_NATIVE_INT64, &value);
}

void Hdf5File::group(const std::string& path)
{
    const Hdf5Handle made(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "H5Gcreate2");
}

void Hdf5File::dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, const Slab& mine,
                       std::span<const double> values)
{
    make_dataset(path, meaning, shape).write(mine, values);
}

void Hdf5File::dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, const Slab& mine,
                       std::span<const std::int64_t> values)
{
    make_dataset(path, meaning, shape, true).write(mine, values);
}

Hdf5File::Dataset Hdf5File::make_dataset(const std::string& path, const Meaning& meaning, const std::vector<hsize_t>& shape, bool integers)
{
    const Hdf5Handle whole(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose, "H5Screate_simple");
    const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "H5Pcreate");
    // No times in the file, so that equal results make equal files.
    check_hdf5(H5Pset_obj_track_times(creation.get(), false), "H5Pset_obj_track_times");
    Dataset dataset;
    dataset.path_ = path;
    dataset.collective_ = comm_ != MPI_COMM_NULL;
    dataset.set_ = Hdf5Handle(
        H5Dcreate2(file_.get(), path.c_str(), integers ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, whole.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        H5Dclose, "H5Dcreate2");
    add_attribute(dataset.set_.get(), "unit", meaning.unit);
    add_attribute(dataset.set_.get(), "description", meaning.description);
    return dataset;
}

void Hdf5File::Dataset::write(const Slab& mine, hid_t type, const void* values) const
{
    const Hdf5Handle whole(H5Dget_space(set_.get()), H5Sclose, "H5Dget_space");
    const Hdf5Handle part(H5Screate_simple(static_cast<int>(mine.count.size()), mine.count.data(), nullptr), H5Sclose, "H5Screate_simple");
    bool empty = false;
    for (const hsize_t n : mine.count) empty = empty || n == 0;
    if (empty) {
        check_hdf5(H5Sselect_none(whole.get()), "H5Sselect_none");
        check_hdf5(H5Sselect_none(part.get()), "H5Sselect_none");
    } else {
        check_hdf5(H5Sselect_hyperslab(whole.get(), H5S_SELECT_SET, mine.start.data(), nullptr, mine.count.data(), nullptr), "H5Sselect_hyperslab");
    }
    const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "H5Pcreate");
    if (collective_) check_hdf5(H5Pset_dxpl_mpio(transfer.get(), H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio");
    check_hdf5(H5Dwrite(set_.get(), type, part.get(), whole.get(), transfer.get(), values), fmt::format("writing {}", path_).c_str());
}

void Hdf5File::finish()
{
    file_.close(fmt::format("closing {}", temporary_.string()).c_str());
    int rank = 0;
    if (comm_ != MPI_COMM_NULL) MPI_Comm_rank(comm_, &rank);
    if (rank == 0) put_in_place(temporary_, path_);
}

}  // namespace shearwater
