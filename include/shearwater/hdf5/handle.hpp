#pragma once

#include <exception>
#include <string>
#include <utility>

#include <hdf5.h>

namespace shearwater {

/// Initializes HDF5 such that it does not clean up at exit, since its clean-up crashes on files that could not be written. To be called before
/// MPI_Init, because HDF5 would otherwise clean up in MPI_Finalize. Further calls have no effect.
void start_hdf5();

/// Checks the return value of an HDF5 function. @return `result` if it is not negative
/// @throws RunError that names the call and, if there is one, the system's reason, if `result` is negative
hid_t check_hdf5(hid_t result, const char* call);

/// Owns an HDF5 identifier. It can be moved but not copied.
class Hdf5Handle {
  public:
    using Close = herr_t (*)(hid_t);

    Hdf5Handle() = default;

    /// @param id       result of an HDF5 call
    /// @param destroy  HDF5's function that closes such identifiers
    /// @throws RunError that names `call`, if `id` is negative
    Hdf5Handle(hid_t id, Close destroy, const char* call) : id_(check_hdf5(id, call)), close_(destroy) {}
    /// Closes the identifier unless an exception unwinds, because HDF5 may crash when it closes an object that it could not write.
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

    /// Closes the identifier. @throws RunError that names `call`, if HDF5 cannot write its cached data
    void close(const char* call)
    {
        if (id_ >= 0) check_hdf5(close_(std::exchange(id_, -1)), call);
    }

  private:
    hid_t id_ = -1;
    Close close_ = nullptr;
};

}  // namespace shearwater
