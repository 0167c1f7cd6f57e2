// The program `berth`: maps failures to an exit status.
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "cli/command_line.h"

int main(int count, char** words) {
    try {
        return static_cast<int>(berth::run_command_line({words + std::min(count, 1), words + count}));
    } catch (const std::exception& failure) {
        fmt::print(stderr, "berth: internal failure: {}\n", failure.what());
    }
    return static_cast<int>(berth::ExitStatus::kInternalFailure);
}
