// Completions of a command line, derived from the definitions of the commands.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// A possible word and its description.
struct Completion {
    std::string word, meaning;
};

/// File names that the shell itself has to complete.
enum class ShellFiles : std::uint8_t { kNone, kFiles, kFolders };

struct Completions {
    std::vector<Completion> words;  ///< in the order of the program, or by name; each starts with the typed text
    ShellFiles files = ShellFiles::kNone;
};

/// Completes the last of `words`, which are the words after `berth`; it may be empty or a prefix. Commands and options
/// come from the application. Values are names of scenarios, profiles, models, devices, stages, formats and the like,
/// and paths of numbers. A dot, a comma or an equals sign at the end marks an unfinished value.
[[nodiscard]] Completions completions(CLI::App& app, const Library& library, std::vector<std::string> words);

}  // namespace berth
