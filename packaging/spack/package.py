# Copyright (c) 2026, the Shearwater authors
#
# SPDX-License-Identifier: BSD-3-Clause

# A recipe for Spack 1.0 or later, which builds a checkout. In a repository of your own, which is made once:
#
#   spack repo create $HOME/spack-local local
#   spack repo add $HOME/spack-local/spack_repo/local
#   mkdir -p $HOME/spack-local/spack_repo/local/packages/shearwater
#   cp packaging/spack/package.py $HOME/spack-local/spack_repo/local/packages/shearwater
#
# Then, at the top of the checkout:
#
#   spack dev-build shearwater@main

from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

from spack.package import *


class Shearwater(CMakePackage):
    """Shearwater simulates how metallic glass deforms: kinetic Monte Carlo of shear transformation
    zones on a voxel lattice, coupled by finite-element elasticity, in parallel with MPI."""

    license("BSD-3-Clause")

    version("main")

    generator("ninja")

    depends_on("cxx", type="build")
    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("git", type="build")

    depends_on("mpi@3:")
    depends_on("petsc@3.18: +mpi+double~complex")
    depends_on("hdf5@1.10: +mpi")
    depends_on("fftw@3")
    depends_on("boost@1.74: +program_options")
    depends_on("fmt@9:")
    depends_on("eigen@3.4")
    depends_on("nlohmann-json@3.11:")
    depends_on("random123")
    depends_on("sleef@3.5.1:")
    depends_on("xxhash@0.8:")

    with default_args(type="test"):
        depends_on("catch2@2.13")
        depends_on("python@3.11:")
        depends_on("py-h5py")
        depends_on("py-matplotlib")
        depends_on("py-numpy")

    conflicts("%gcc@:11", msg="C++20 as Shearwater uses it needs GCC 12 or later")
    conflicts("%clang@:13", msg="C++20 as Shearwater uses it needs clang 14 or later")

    def cmake_args(self):
        return [self.define("SHEARWATER_TESTS", self.run_tests)]
