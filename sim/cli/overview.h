// The commands by purpose: what `berth` alone, `berth help` and `berth --help` show.
#pragma once

#include <string>

#include "cli/command.h"

namespace berth {

/// Adds every command to the application.
void add_commands(CLI::App& app, Invocation& invocation);

/// What the program answers and its commands, grouped by what one may want, each with an example; 80 columns wide.
[[nodiscard]] std::string overview(const CLI::App& app);

}  // namespace berth
