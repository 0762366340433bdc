#pragma once

/// Compiles a function for several instruction sets; the loader picks the best at run time. All versions give bitwise identical results, because no
/// operation is contracted or reordered. CMake tests whether the compiler and the loader support this; elsewhere the function is compiled once.
#ifdef SHEARWATER_HAS_CLONES
#define SHEARWATER_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SHEARWATER_CLONES
#endif
