// Reads the options of `berth predict` that are more than a number.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/quantity_text.h"
#include "cli/predict.h"

namespace berth {

std::optional<Scheme> dtype_option(const PredictOptions& options, Diagnostics& diagnostics) {
    const auto dtype = choice_in_any_case(kSchemeNames, options.dtype);
    if (!dtype) {
        std::vector<std::string> names;
        for (const auto& row : kSchemeNames) {
            names.emplace_back(row.name);
        }
        diagnostics.error(
            SourceLocation("--dtype"),
            options.dtype.empty() ? std::string("no dtype is given") : fmt::format("unknown dtype '{}'", options.dtype),
            list_of(names), suggested_names(options.dtype, names));
    }
    return dtype;
}

int cores_option(const PredictOptions& options, const Device& device, Diagnostics& diagnostics) {
    const int cores = options.cores.value_or(device.runtime.default_cores);
    if (cores < 1 || cores > device.cores()) {
        diagnostics.error(SourceLocation("--cores"), fmt::format("{} has no {} cores", device.name, cores),
                          fmt::format("1 to {}", device.cores()));
    }
    return cores;
}

std::optional<Frequency> clock_option(const PredictOptions& options, const Device& device, Diagnostics& diagnostics) {
    if (options.clock.empty()) {
        return std::nullopt;
    }
    const auto clock = read_clock(options.clock, diagnostics);
    if (!clock) {
        return std::nullopt;
    }
    std::vector<std::string> names;
    for (const Frequency possible : device.clusters.front().clocks) {
        if (possible == *clock) {
            return clock;
        }
        names.push_back(to_text(possible));
    }
    if (!names.empty()) {
        diagnostics.error(SourceLocation("--clock"), fmt::format("{} does not run at {}", device.name, to_text(*clock)),
                          list_of(names));
        return std::nullopt;
    }
    return clock;
}

}  // namespace berth
