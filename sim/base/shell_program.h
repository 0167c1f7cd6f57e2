// Other programs, run to their end by the shell.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth {

/// How a program ended, and what it wrote to its standard output and error.
struct ProgramEnd {
    std::optional<int> status;  ///< absent if a signal ended it
    std::string out, err;
    [[nodiscard]] bool fine() const { return status == 0; }
    [[nodiscard]] bool missing() const;  ///< it is not on the PATH
};

/// Runs a simple command of the shell on `input`. Absent if there is no room for temporary files or no process.
[[nodiscard]] std::optional<ProgramEnd> run_program(const std::string& command, std::string_view input = {});

}  // namespace berth
