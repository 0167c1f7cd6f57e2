// One call of the program, from main() or from a fuzz test.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace berth {

/// Runs the command named by the words after `berth`. An exception from it is a bug.
[[nodiscard]] ExitStatus run_command_line(std::vector<std::string> words);

}  // namespace berth
