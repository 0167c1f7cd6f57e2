// Parts of the program that it loads only when they are asked for, because the libraries that they link take long to
// start.
#pragma once

#include <string>

namespace berth {

/// Address of `symbol` in a module (`berth_ranks.so`), which is beside the program in a build, and in a library folder
/// in an installation. Null, with the reason in `why_not`, if the module is not installed or cannot be loaded.
[[nodiscard]] void* symbol_of_module(const std::string& module, const char* symbol, std::string& why_not);

/// The same as a pointer to a function.
template <class Function>
[[nodiscard]] Function function_of_module(const std::string& module, const char* symbol, std::string& why_not) {
    return reinterpret_cast<Function>(symbol_of_module(module, symbol, why_not));
}

}  // namespace berth
