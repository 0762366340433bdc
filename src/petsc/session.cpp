#include <shearwater/petsc/session.hpp>

#include <algorithm>
#include <array>
#include <sstream>

#include <petscsys.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <shearwater/parallel/session.hpp>
#include <shearwater/petsc/error.hpp>

namespace shearwater {

namespace {

/// Options that PETSc queries only when it solves or is finalized.
constexpr std::array late_options{"ksp_converged_reason",
                                  "ksp_converged_rate",
                                  "ksp_view",
                                  "ksp_view_mat",
                                  "ksp_view_pmat",
                                  "ksp_view_rhs",
                                  "ksp_view_solution",
                                  "ksp_view_final_residual",
                                  "options_left",
                                  "options_view",
                                  "malloc_dump",
                                  "malloc_view",
                                  "log_view",
                                  "log_trace",
                                  "objects_dump"};

/// Lets the C library return large blocks of memory to the system when they are freed. SuperLU_DIST, with which PETSc is often linked, disables this
/// (M_MMAP_MAX = 0, M_TRIM_THRESHOLD = −1) as soon as it is loaded, so that the memory of the check at the start would never be returned. Blocks
/// below 32 MiB, the largest admissible threshold, are still kept for reuse.
void return_freed_memory() noexcept
{
#ifdef __GLIBC__
    constexpr int large = 32 << 20;
    mallopt(M_MMAP_THRESHOLD, large);
    mallopt(M_MMAP_MAX, 1 << 16);
    mallopt(M_TRIM_THRESHOLD, 2 * large);
#endif
}

}  // namespace

PetscSession::PetscSession(const Communicator& comm, const std::vector<std::string>& options)
{
    std::vector<std::string> words{"shearwater"};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    int count = static_cast<int>(words.size());
    char** arguments = pointers.data();
    PETSC_COMM_WORLD = comm.get();
    return_freed_memory();
    SHEARWATER_PETSC(PetscInitialize(&count, &arguments, nullptr, nullptr));
    SHEARWATER_PETSC(PetscPopSignalHandler());
    ignore_write_signals();  // PETSc has restored their default actions.
    SHEARWATER_PETSC(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));
    SHEARWATER_PETSC(PetscOptionsSetValue(nullptr, "-options_left", "0"));
    std::array<char, 64> type{};
    PetscBool set = PETSC_FALSE;
    SHEARWATER_PETSC(PetscOptionsGetString(nullptr, nullptr, "-pc_type", type.data(), type.size(), &set));
    if (set == PETSC_TRUE && std::string(type.data()) == "fft") SHEARWATER_PETSC(PetscOptionsSetValue(nullptr, "-pc_type", "shell"));
}

PetscSession::~PetscSession()
{
    PetscPopErrorHandler();
    PetscFinalize();
}

std::string PetscSession::options() const
{
    char* all = nullptr;
    SHEARWATER_PETSC(PetscOptionsGetAll(nullptr, &all));
    std::istringstream words(all);
    SHEARWATER_PETSC(PetscFree(all));
    std::string text;
    std::string option;
    for (std::string word; words >> word;) {
        if (option == "-options_left" || word == "-options_left") {
            // This option is set by the program itself.
            option = option == "-options_left" ? "" : word;
            continue;
        }
        const bool is_own = option == "-pc_type" && word == "shell";
        text += (text.empty() ? "" : " ") + (is_own ? std::string("fft") : word);
        option = word;
    }
    return text;
}

std::vector<std::string> PetscSession::unused_options() const
{
    PetscInt count = 0;
    char** names = nullptr;
    char** values = nullptr;
    SHEARWATER_PETSC(PetscOptionsLeftGet(nullptr, &count, &names, &values));
    std::vector<std::string> unused;
    for (PetscInt i = 0; i < count; ++i)
        if (std::find(late_options.begin(), late_options.end(), std::string(names[i])) == late_options.end()) unused.emplace_back(names[i]);
    SHEARWATER_PETSC(PetscOptionsLeftRestore(nullptr, &count, &names, &values));
    return unused;
}

}  // namespace shearwater
