# FFTW in double precision: the target FFTW::FFTW.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_and_header.cmake)
shearwater_find_library_and_header(FFTW HEADER fftw3.h LIBRARY fftw3 MODULE fftw3)
