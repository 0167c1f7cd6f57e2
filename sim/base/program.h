// Runs another program to its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct ProgramCall {
    std::string name;  ///< looked for on the PATH
    std::vector<std::string> arguments;
    std::vector<std::string> settings{};  ///< `NAME=VALUE`, in place of this process's own variables
    std::string_view input{};
};

struct ProgramEnd {
    std::optional<int> status;  ///< exit status; absent: it was not started, or a signal ended it
    bool missing = false;       ///< it is not on the PATH
    std::string out, err;       ///< its output, and its messages or why it was not started; without blanks around them
    [[nodiscard]] bool fine() const { return status == 0; }
};

/// The program inherits this process's files. What it reads and writes is in temporary files, so that neither side
/// waits for the other.
[[nodiscard]] ProgramEnd run_program(const ProgramCall& call);

}  // namespace berth
