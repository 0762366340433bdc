# SLEEF's elementary functions: the target SLEEF::SLEEF.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_and_header.cmake)
shearwater_find_library_and_header(SLEEF HEADER sleef.h LIBRARY sleef MODULE sleef)
