#pragma once

namespace shearwater {

enum class Plane {
    Strain,  ///< no strain out of the plane
    Stress,  ///< no stress out of the plane
};

enum class Discretization {
    FiniteElements,  ///< Q1 elements, several per voxel edge
    Spectral,        ///< the continuum operator at the lattice's own wave vectors (the published code's choice)
};

enum class Update {
    Kernel,  ///< add the tabulated response of the voxels that transformed
    Solve,   ///< solve the finite-element system with PETSc after every event
};

/// What solves the finite-element system that kernel and stresses are checked against.
enum class Check {
    Petsc,     ///< PETSc's conjugate gradients
    Operator,  ///< Fourier transforms, verified by the matrices of the elements; takes a fraction of the memory
};

struct ElasticityOptions {
    double young = 57.0923;       ///< E [GPa]
    double poisson = 0.421965;    ///< ν [-]
    Plane plane = Plane::Strain;  ///< 2D only
    Discretization discretization = Discretization::FiniteElements;
    int elements_per_voxel = 0;  ///< k; 0 = 4 in 2D, 2 in 3D
    Update update = Update::Kernel;
    double modulus_std = 0.0;          ///< standard deviation of E over its mean [-]
    double modulus_correlation = 0.0;  ///< correlation length of E [voxels]
    double rtol = 1e-8;                ///< of PETSc's solves
    Check check = Check::Petsc;
    double check_tolerance = 1e-6;  ///< largest deviation from the stresses of that solution [GPa]
};

/// Returns the elements per voxel edge that these options lead to.
template <int Dim>
[[nodiscard]] constexpr int elements_per_voxel(const ElasticityOptions& options) noexcept
{
    if (options.discretization == Discretization::Spectral) return 1;
    if (options.elements_per_voxel > 0) return options.elements_per_voxel;
    return Dim == 2 ? 4 : 2;
}

}  // namespace shearwater
