# xxHash's hash functions: the target xxHash::xxHash.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_and_header.cmake)
shearwater_find_library_and_header(xxHash HEADER xxhash.h LIBRARY xxhash MODULE libxxhash)
