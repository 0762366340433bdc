# Writes the hash of the checkout to git_hash.hpp when it has changed. Run at every build with -DSOURCE=... -DHEADER=...
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
    OUTPUT_VARIABLE hash ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT hash)
    set(hash unknown)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#pragma once\n#define SHEARWATER_GIT_HASH \"@hash@\"\n" @ONLY)
