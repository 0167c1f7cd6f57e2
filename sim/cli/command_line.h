// One call of the program, whoever makes it.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace berth {

/// Runs the command that the words behind `berth` name. What it throws is a fault of the program.
[[nodiscard]] ExitStatus run_command_line(std::vector<std::string> words);

}  // namespace berth
