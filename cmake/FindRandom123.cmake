# Random123's counter-based random numbers, which are headers only: the target Random123::Random123.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_and_header.cmake)
shearwater_find_library_and_header(Random123 HEADER Random123/philox.h)
