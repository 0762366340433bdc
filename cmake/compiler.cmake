# How every part of the program is compiled: the target shearwater_flags.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

option(SHEARWATER_WARNINGS "Show the warnings that Shearwater's developers keep the code free of; with CMAKE_COMPILE_WARNING_AS_ERROR=ON they are errors" OFF)
option(SHEARWATER_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)

add_library(shearwater_flags INTERFACE)
target_include_directories(shearwater_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)

# Adds those of the flags that the compiler knows. A flag that begins with -Wno- is tested by what it switches off, since compilers accept
# -Wno- with any name.
function(shearwater_add_known_flags)
    foreach(flag ${ARGN})
        string(REGEX REPLACE "^-Wno-" "-W" tested ${flag})
        string(MAKE_C_IDENTIFIER "SHEARWATER_KNOWS${tested}" known)
        check_cxx_compiler_flag(${tested} ${known})
        if(${known})
            target_compile_options(shearwater_flags INTERFACE ${flag})
        endif()
    endforeach()
endfunction()

# Results rest on these flags: they must not depend on how a loop is vectorised or on the compiler, so that no operation is contracted or
# reordered. The first undoes -Ofast, -ffast-math and the default of compilers that begin with fast mathematics.
foreach(flag -fno-fast-math -ffp-contract=off -fno-math-errno)
    string(MAKE_C_IDENTIFIER "SHEARWATER_KNOWS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(NOT ${known})
        message(FATAL_ERROR "${CMAKE_CXX_COMPILER} does not know ${flag}, without which the same deck would not give the same events with every "
            "compiler. Use GCC 12 or later, or clang 14 or later: -DCMAKE_CXX_COMPILER=...")
    endif()
    target_compile_options(shearwater_flags INTERFACE ${flag})
endforeach()
# A program that is linked with fast mathematics takes the smallest numbers for zero.
target_link_options(shearwater_flags INTERFACE -fno-fast-math)

# Compilers warn here about what is meant: vectors are passed only to functions that are inlined, and their attributes may be lost in templates.
shearwater_add_known_flags(-Wno-psabi -Wno-ignored-attributes)

if(SHEARWATER_WARNINGS)
    # GCC 12 sees overlapping copies in its own std::string.
    shearwater_add_known_flags(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-restrict)
endif()

if(SHEARWATER_SANITIZE)
    # The instrumentation makes GCC see uninitialised values that are none.
    shearwater_add_known_flags(-Wno-maybe-uninitialized)
    target_compile_options(shearwater_flags INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
    target_compile_definitions(shearwater_flags INTERFACE SHEARWATER_SANITIZED)
    target_link_options(shearwater_flags INTERFACE -fsanitize=address,undefined)
else()
    # The loader chooses among clones before the sanitizers have started. See core/clones.hpp.
    check_cxx_source_compiles([[
        namespace {
        __attribute__((target_clones("avx512f", "avx2", "default"))) double twice(double x) noexcept { return 2.0 * x; }
        }
        int main(int argc, char**) { return twice(argc) > 2.0; }]]
        SHEARWATER_HAS_CLONES FAIL_REGEX "warning")
    if(SHEARWATER_HAS_CLONES)
        target_compile_definitions(shearwater_flags INTERFACE SHEARWATER_HAS_CLONES)
    endif()
endif()
