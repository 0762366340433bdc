#pragma once

#include <exception>
#include <string>
#include <utility>

#include <hdf5.h>

namespace shearwater {

/// Starts HDF5 so that it does nothing when the program ends: its clean-up closes files that could not be written, and crashes. Before MPI starts, as
/// HDF5 would otherwise do the same at MPI_Finalize. Further calls do no harm.
void start_hdf5();

/// Throws RunError naming the call, with the system's reason if there is one, when an HDF5 function returned a negative value; otherwise returns
/// the value.
hid_t check_hdf5(hid_t result, const char* call);

/// Owns one HDF5 identifier; moves but does not copy.
class Hdf5Handle {
  public:
    using Close = herr_t (*)(hid_t);

    Hdf5Handle() = default;

    /// @param id  result of an HDF5 call; negative throws RunError naming `call`
    Hdf5Handle(hid_t id, Close destroy, const char* call) : id_(check_hdf5(id, call)), close_(destroy) {}
    /// While an exception unwinds, the identifier is left open: HDF5 may crash when it closes what it could not write.
    ~Hdf5Handle()
    {
        if (id_ >= 0 && std::uncaught_exceptions() == 0) close_(id_);
    }
    Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept
    {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    Hdf5Handle(const Hdf5Handle&) = delete;
    Hdf5Handle& operator=(const Hdf5Handle&) = delete;

    [[nodiscard]] hid_t get() const noexcept { return id_; }

    /// Closes now and throws RunError if HDF5 could not write what it still held.
    void close(const char* call)
    {
        if (id_ >= 0) check_hdf5(close_(std::exchange(id_, -1)), call);
    }

  private:
    hid_t id_ = -1;
    Close close_ = nullptr;
};

}  // namespace shearwater
