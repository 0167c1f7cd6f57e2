#include "base/loaded_module.h"

#include <dlfcn.h>

#include <filesystem>

namespace berth {

namespace {

namespace fs = std::filesystem;

constexpr const char* kInstalledModules = "lib/berth/modules";

}  // namespace

void* symbol_of_module(const std::string& module, const char* symbol, std::string& why_not) {
    why_not = module + " is not installed with this program";
    std::error_code unknown;
    const fs::path folder = fs::read_symlink("/proc/self/exe", unknown).parent_path();
    for (const fs::path& place : {folder / module, folder.parent_path() / kInstalledModules / module}) {
        // RTLD_GLOBAL: plugins that the MPI library loads resolve their symbols in the global scope.
        if (void* loaded = ::dlopen(place.c_str(), RTLD_NOW | RTLD_GLOBAL); loaded != nullptr) {
            return ::dlsym(loaded, symbol);
        }
        if (fs::exists(place, unknown)) {
            why_not = ::dlerror();
        }
    }
    return nullptr;
}

}  // namespace berth
