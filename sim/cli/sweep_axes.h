// Options of commands that look at many points of a scenario: which numbers vary, how, and on how many threads.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/sweep.h"
#include "cli/command.h"

namespace berth {

struct AxesOptions {
    std::vector<std::string> vary;
    std::string sample;
    std::uint64_t seed = 1;
    std::size_t max_points = 1'000'000;
    int threads = 0;
    /// Threads to use: as many as given, or one per core.
    [[nodiscard]] int used_threads() const;
};
/// `--vary`, `--sample`, `--seed`, `--threads`, `--max-points`.
void add_axes_options(CLI::App& command, AxesOptions& options);

/// The sweep that the options describe; the invocation knows what its answers rest on.
[[nodiscard]] std::optional<Sweep> prepared_sweep(const ScenarioOptions& scenario, const AxesOptions& options,
                                                  Invocation& invocation, Diagnostics& diagnostics);

}  // namespace berth
