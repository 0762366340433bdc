#include <shearwater/hdf5/handle.hpp>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

hid_t check_hdf5(hid_t result, const char* call)
{
    if (result < 0) throw RunError(fmt::format("HDF5: {} failed; is the disk full or the folder not writable?", call));
    return result;
}

}  // namespace shearwater
