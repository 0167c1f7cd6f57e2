// Options of commands that evaluate many points of a scenario: the varied numbers, the sampling, and the threads.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/analysis/sweep.h"
#include "cli/command.h"

namespace berth {

struct AxesOptions {
    std::vector<std::string> vary;
    std::string sample;
    std::uint64_t seed = 1;
    std::size_t max_points = 1'000'000;
    int threads = 0;
    /// Number of threads: the given number, or one per core.
    [[nodiscard]] int used_threads() const;
};
/// Adds `--vary`, `--sample`, `--seed`, `--threads` and `--max-points`.
void add_axes_options(CLI::App& command, AxesOptions& options);

/// The sweep that the options describe; its inputs are recorded in the invocation.
[[nodiscard]] std::optional<Sweep> prepared_sweep(const ScenarioOptions& scenario, const AxesOptions& options,
                                                  Invocation& invocation, Diagnostics& diagnostics);

}  // namespace berth
