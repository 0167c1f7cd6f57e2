// Axes of a grid or of a sample, read and checked against the scenario.
#include "cli/sweep_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "berth/analysis/sampling.h"
#include "cli/machine_check.h"

namespace berth {

int AxesOptions::used_threads() const {
    return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void add_axes_options(CLI::App& command, AxesOptions& options) {
    add_value(command, "--vary", options.vary, "PATH=FROM:TO:STEP|FROM:TO|A,B,...",
              "A number to vary and its values; several make a grid")
        ->allow_extra_args(false)
        ->required();
    add_value(command, "--sample", options.sample, "lhs:N|sobol:N",
              "Instead of a grid, N points of a Latin hypercube or a Sobol sequence over ranges FROM:TO and lists");
    add_value(command, "--seed", options.seed, "N", "Seed of the sample")->capture_default_str();
    add_value(command, "--threads", options.threads, "N",
              "Points evaluated in parallel (default: one per core, or one per mpirun process)")
        ->check(CLI::Range(kCoreRange.min, kCoreRange.max, "POSITIVE"));
    add_value(command, "--max-points", options.max_points, "N", "Largest number of points allowed")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}, "POSITIVE"))
        ->capture_default_str();
}

std::optional<Sweep> prepared_sweep(const ScenarioOptions& scenario, const AxesOptions& options, Invocation& invocation,
                                    Diagnostics& diagnostics) {
    const auto sampling = options.sample.empty()
                              ? std::nullopt
                              : parse_sampling(options.sample, options.seed, options.max_points, diagnostics);
    if (sampling && sampling->plan == SamplingPlan::kSobol && options.vary.size() > kMostSobolDimensions) {
        diagnostics.error(SourceLocation("--sample"), fmt::format("{} dimensions", options.vary.size()),
                          fmt::format("at most {} for sobol", kMostSobolDimensions));
        return std::nullopt;
    }
    std::vector<SweepAxis> axes;
    for (const std::string& text : options.vary) {
        const std::size_t dimension = axes.size();
        auto axis = sampling ? sampled_axis(text, sample_coordinates(*sampling, dimension), diagnostics)
                             : parse_axis(text, options.max_points, diagnostics);
        if (axis && std::ranges::find(axes, axis->path, &SweepAxis::path) != axes.end()) {
            diagnostics.error(SourceLocation("--vary"), fmt::format("{} is varied twice", axis->path));
        } else if (axis) {
            axes.push_back(std::move(*axis));
        }
    }
    auto settings = read_settings(scenario.settings, diagnostics);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    auto sweep = Sweep::prepare({invocation.library, scenario.scenario, std::move(settings)}, std::move(axes),
                                options.max_points, diagnostics);
    Diagnostics ignored;  // none: Sweep::prepare() has loaded the scenario before
    const auto plain = sweep ? load(scenario, invocation, ignored) : std::nullopt;
    if (plain) {
        invocation.provenance.warnings = machine_warnings(plain->profile, diagnostics);
    }
    return sweep;
}

}  // namespace berth
