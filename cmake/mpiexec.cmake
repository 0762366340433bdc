# How ranks are started on this machine, by tests and tools: the script `mpiexec` in the build folder, which takes `-n RANKS PROGRAM ...`.
# It starts more ranks than there are cores, too, and binds none to a core.
#
#   SHEARWATER_MPIEXEC           the command, and its options that are always given
#   SHEARWATER_MPI_ENVIRONMENT   NAME=VALUE, set before
#
# Both have defaults for Open MPI, for MPICH and its relatives (Intel MPI, MVAPICH), and for Slurm's srun (-DMPIEXEC_EXECUTABLE=srun).

# Sets the defaults, by what the command says that it is.
function(shearwater_detect_mpiexec)
    execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE version ERROR_VARIABLE version)
    get_filename_component(command ${MPIEXEC_EXECUTABLE} NAME)
    set(kind "an MPI that is not known")
    if(command STREQUAL srun OR version MATCHES "^slurm")
        set(kind "Slurm's srun")
        set(options --overcommit --cpu-bind=none)
    elseif(version MATCHES "Open MPI|OpenRTE|PRRTE")
        set(kind "Open MPI")
        # Ranks that wait give way to those that work.
        set(options --map-by :OVERSUBSCRIBE --bind-to none --mca mpi_yield_when_idle 1)
        # Open MPI refuses to run as root unless told twice; in a container there is no one else.
        set(environment OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
    elseif(version MATCHES "Intel\\(R\\) MPI")
        set(kind "Intel MPI")
        set(environment I_MPI_PIN=0)
    elseif(version MATCHES "HYDRA")
        set(kind "MPICH or a relative")
        set(options -bind-to none)
    endif()
    message(STATUS "${MPIEXEC_EXECUTABLE} is ${kind}")
    set(SHEARWATER_MPIEXEC ${MPIEXEC_EXECUTABLE} ${options} CACHE STRING "What starts ranks on this machine")
    set(SHEARWATER_MPI_ENVIRONMENT ${environment} CACHE STRING "Environment in which ranks are started on this machine: NAME=VALUE")
endfunction()

if(NOT DEFINED SHEARWATER_MPIEXEC OR NOT DEFINED SHEARWATER_MPI_ENVIRONMENT)
    shearwater_detect_mpiexec()
endif()

# Writes the script. Every word is quoted for the shell.
function(shearwater_write_mpiexec path)
    foreach(word env ${SHEARWATER_MPI_ENVIRONMENT} ${SHEARWATER_MPIEXEC})
        string(REPLACE "'" "'\\''" word "${word}")
        string(APPEND command " '${word}'")
    endforeach()
    file(CONFIGURE OUTPUT ${path} @ONLY CONTENT
"#!/bin/sh
# Starts ranks on this machine, as SHEARWATER_MPIEXEC and SHEARWATER_MPI_ENVIRONMENT of CMake say: mpiexec -n RANKS PROGRAM ...
exec@command@ \"$@\"
")
    file(CHMOD ${path} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()
shearwater_write_mpiexec(${PROJECT_BINARY_DIR}/mpiexec)
