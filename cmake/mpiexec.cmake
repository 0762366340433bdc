# How ranks are started on this machine, by tests and tools: the script `mpiexec` in the build folder, which takes `-n RANKS PROGRAM ...`.
# It starts more ranks than there are cores, too, and binds none to a core.
#
#   SHEARWATER_MPIEXEC           the command, and its options that are always given
#   SHEARWATER_MPI_ENVIRONMENT   NAME=VALUE, set before
#
# Where these are empty, they are chosen for what MPIEXEC_EXECUTABLE is: that of Open MPI, of MPICH or its relatives (Intel MPI, MVAPICH), or
# Slurm's srun (-DMPIEXEC_EXECUTABLE=srun).
set(SHEARWATER_MPIEXEC "" CACHE STRING "What starts ranks on this machine, as a list of words; empty: chosen for MPIEXEC_EXECUTABLE")
set(SHEARWATER_MPI_ENVIRONMENT "" CACHE STRING "Environment in which ranks are started on this machine, as a list of NAME=VALUE; empty: chosen, too")

# The words that start ranks by MPIEXEC_EXECUTABLE, and their environment.
function(shearwater_detect_mpiexec command_result environment_result)
    execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE version ERROR_VARIABLE version)
    get_filename_component(name ${MPIEXEC_EXECUTABLE} NAME)
    set(kind "of an MPI that is not known")
    if(name STREQUAL srun OR version MATCHES "^slurm")
        set(kind "Slurm's")
        set(options --overcommit --cpu-bind=none)
    elseif(version MATCHES "Open MPI|OpenRTE|PRRTE")
        set(kind "Open MPI's")
        # Ranks that wait give way to those that work.
        set(options --map-by :OVERSUBSCRIBE --bind-to none --mca mpi_yield_when_idle 1)
        # Open MPI refuses to run as root unless told twice; in a container there is no one else.
        set(environment OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
    elseif(version MATCHES "Intel\\(R\\) MPI")
        set(kind "Intel MPI's")
        set(environment I_MPI_PIN=0)
    elseif(version MATCHES "HYDRA")
        set(kind "MPICH's, or that of a relative")
        set(options -bind-to none)
    endif()
    message(STATUS "${MPIEXEC_EXECUTABLE} is ${kind}")
    set(${command_result} ${MPIEXEC_EXECUTABLE} ${options} PARENT_SCOPE)
    set(${environment_result} ${environment} PARENT_SCOPE)
endfunction()

# Writes the script. Every word is quoted for the shell.
function(shearwater_write_mpiexec path)
    shearwater_detect_mpiexec(command environment)
    if(SHEARWATER_MPIEXEC)
        set(command ${SHEARWATER_MPIEXEC})
    endif()
    if(SHEARWATER_MPI_ENVIRONMENT)
        set(environment ${SHEARWATER_MPI_ENVIRONMENT})
    endif()
    foreach(word env ${environment} ${command})
        string(REPLACE "'" "'\\''" word "${word}")
        string(APPEND words " '${word}'")
    endforeach()
    file(CONFIGURE OUTPUT ${path} @ONLY CONTENT
"#!/bin/sh
# Starts ranks on this machine, as CMake has found or was given by SHEARWATER_MPIEXEC and SHEARWATER_MPI_ENVIRONMENT: mpiexec -n RANKS PROGRAM ...
exec@words@ \"$@\"
")
    file(CHMOD ${path} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()

if(MPIEXEC_EXECUTABLE OR SHEARWATER_MPIEXEC)
    shearwater_write_mpiexec(${PROJECT_BINARY_DIR}/mpiexec)
elseif(SHEARWATER_TESTS)
    message(FATAL_ERROR "The tests start ranks by mpiexec, which is not there: name another with -DMPIEXEC_EXECUTABLE=..., or leave the tests out: -DSHEARWATER_TESTS=OFF")
endif()
