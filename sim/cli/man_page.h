// Manual pages, out of the same descriptions as the help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace berth {

/// `berth(1)`: what the program is for, and its commands. `version`: for the foot of the page.
[[nodiscard]] std::string man_page(const CLI::App& app, const std::string& version);

/// `berth-run(1)` and the like: how it is called, its options, its examples.
[[nodiscard]] std::string command_man_page(const CLI::App& command, const std::string& version);

}  // namespace berth
