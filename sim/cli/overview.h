// The commands by purpose: what `berth` alone, `berth help` and `berth --help` show.
#pragma once

#include <string>

#include "cli/command.h"

namespace berth {

/// Adds every command to the application.
void add_commands(CLI::App& app, Invocation& invocation);

/// What the program answers and its commands, grouped by purpose, each with an example.
[[nodiscard]] std::string overview(const CLI::App& app, TextWidth width);

}  // namespace berth
