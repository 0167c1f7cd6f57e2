// Loads the module that talks to the other ranks, where a launcher says that there are any.
#include "cli/join_ranks.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "berth/quantity_text.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "berth_ranks.so";
constexpr const char* kInstalledModules = "lib/berth/modules";

// Launchers say how many processes they start: Open MPI's mpirun, then those of PMI. PMIx only says that it is there.
bool started_together() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
        if (const char* value = std::getenv(name); value != nullptr) {
            return parse_number(value).value_or(1) > 1;
        }
    }
    return std::getenv("PMIX_RANK") != nullptr;
}

// The module lies beside the program where it is built, and in a folder of libraries where it is installed.
void* load_module(std::string& why_not) {
    std::error_code unknown;
    const fs::path folder = fs::read_symlink("/proc/self/exe", unknown).parent_path();
    for (const fs::path& place : {folder / kModule, folder.parent_path() / kInstalledModules / kModule}) {
        // What the MPI library loads itself looks for its names among those of the whole program.
        if (void* module = ::dlopen(place.c_str(), RTLD_NOW | RTLD_GLOBAL); module != nullptr) {
            return module;
        }
        if (fs::exists(place, unknown)) {
            why_not = ::dlerror();
        }
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<Ranks> join_ranks(Diagnostics& diagnostics) {
    if (!started_together()) {
        return nullptr;
    }
    std::string why_not = "this program was built without MPI";
    void* module = load_module(why_not);
    void* symbol = module != nullptr ? ::dlsym(module, kJoinRanksSymbol) : nullptr;
    if (symbol == nullptr) {
        diagnostics.error(SourceLocation("mpirun"), fmt::format("several processes cannot share a sweep: {}", why_not),
                          "one process with --threads N");
        return nullptr;
    }
    std::unique_ptr<Ranks> ranks(reinterpret_cast<JoinRanks>(symbol)());
    return ranks->size() > 1 ? std::move(ranks) : nullptr;
}

}  // namespace berth
