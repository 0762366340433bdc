#pragma once

/// Compiles a function for several instruction sets; the loader picks the best. The result has the same bits in all of them, because no
/// operation is contracted or reordered. CMake finds out whether compiler and loader can do this; elsewhere the function is compiled once.
#ifdef SHEARWATER_HAS_CLONES
#define SHEARWATER_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SHEARWATER_CLONES
#endif
