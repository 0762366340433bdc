#pragma once

/// Compiles a function for several instruction sets; the loader picks the best. The result has the same bits in all of them, because no
/// operation is contracted or reordered.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define SHEARWATER_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SHEARWATER_CLONES
#endif
