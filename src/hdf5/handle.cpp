#include <shearwater/hdf5/handle.hpp>

#include <string_view>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

/// Extracts the system's error message from an entry of HDF5's error stack, where it has the form `error message = '...'`.
herr_t find_reason(unsigned /*depth*/, const H5E_error2_t* entry, void* found)
{
    constexpr std::string_view mark = "error message = '";
    const std::string_view text = entry->desc != nullptr ? entry->desc : "";
    const auto begin = text.find(mark);
    if (begin == std::string_view::npos) return 0;
    const auto rest = text.substr(begin + mark.size());
    *static_cast<std::string*>(found) = rest.substr(0, rest.find('\''));
    return 0;
}

}  // namespace

void start_hdf5()
{
    // H5dont_atexit fails if HDF5 has been initialized before.
    if (H5dont_atexit() >= 0) H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

hid_t check_hdf5(hid_t result, const char* call)
{
    if (result >= 0) return result;
    std::string reason;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, find_reason, &reason);
    throw RunError(reason.empty() ? fmt::format("HDF5: {} failed", call) : fmt::format("{} (HDF5: {})", reason, call));
}

}  // namespace shearwater
