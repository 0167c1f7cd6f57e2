// What may stand next on a command line, from the commands themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// One word that may stand there, and what it is.
struct Completion {
    std::string word, meaning;
};

/// What a shell has to add by itself.
enum class ShellFiles : std::uint8_t { kNone, kFiles, kFolders };

struct Completions {
    std::vector<Completion> words;  ///< in the order of the program, or by name; each starts with what is typed
    ShellFiles files = ShellFiles::kNone;
};

/// For the last of `words`, those behind `berth`, which may be empty or the beginning of a word. Commands and options
/// are those of the application; values are names of scenarios, profiles, models, devices and stages, of formats and
/// the like, and paths of numbers, which a dot, a comma or an equals sign at the end leaves open.
[[nodiscard]] Completions completions(CLI::App& app, const Library& library, std::vector<std::string> words);

}  // namespace berth
