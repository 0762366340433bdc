#pragma once

#include <utility>

#include <petscksp.h>

#include <shearwater/petsc/error.hpp>

namespace shearwater {

/// Owns a PETSc object. It can be moved but not copied. @tparam Destroy  PETSc's destroy function for the type
template <class Object, PetscErrorCode (*Destroy)(Object*)>
class PetscHandle {
  public:
    PetscHandle() = default;
    explicit PetscHandle(Object object) noexcept : object_(object) {}
    ~PetscHandle()
    {
        if (object_ != nullptr) Destroy(&object_);
    }
    PetscHandle(PetscHandle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    PetscHandle& operator=(PetscHandle&& other) noexcept
    {
        std::swap(object_, other.object_);
        return *this;
    }
    PetscHandle(const PetscHandle&) = delete;
    PetscHandle& operator=(const PetscHandle&) = delete;

    [[nodiscard]] Object get() const noexcept { return object_; }
    [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }

    /// Address of the object, to be passed to a PETSc function that creates it. The handle must be empty.
    [[nodiscard]] Object* receive() noexcept { return &object_; }

  private:
    Object object_ = nullptr;
};

using PetscVector = PetscHandle<Vec, VecDestroy>;
using PetscMatrix = PetscHandle<Mat, MatDestroy>;
using PetscSolver = PetscHandle<KSP, KSPDestroy>;
using PetscNullSpace = PetscHandle<MatNullSpace, MatNullSpaceDestroy>;

}  // namespace shearwater
