// Parses the non-numeric options of `berth predict`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "berth/base/quantity_text.h"
#include "cli/predict.h"
#include "report/text_layout.h"

namespace berth {

std::optional<Scheme> dtype_option(const PredictOptions& options, Diagnostics& diagnostics) {
    const auto dtype = choice_in_any_case(kSchemeNames, options.dtype);
    if (!dtype) {
        const std::vector<std::string> names = choice_names(kSchemeNames);
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

std::string changes_line(const Invocation& invocation) {
    std::string text = changes_text(invocation.provenance.changes);
    if (text.empty()) {
        return text;
    }
    text.front() = 'W';
    return wrapped(text + ":", 0, invocation.width);
}

}  // namespace berth
