// berth sweep: a scenario over a grid of its numbers.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include "base/loaded_module.h"
#include "berth/analysis/dropped_points.h"
#include "berth/analysis/silent_changes.h"
#include "berth/base/diagnostics.h"
#include "berth/base/quantity_text.h"
#include "berth/report/sweep_report.h"
#include "berth/report/warnings_report.h"
#include "cli/command.h"
#include "cli/row_sink.h"
#include "cli/sweep_axes.h"
#include "cli/terminal_manners.h"
#include "ranks/ranks.h"

namespace berth {

namespace {

// Whether a launcher started several processes. Open MPI's mpirun and PMI launchers set their number in the
// environment; PMIx only shows that it is present.
bool started_together() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
        if (const char* value = std::getenv(name); value != nullptr) {
            return parse_number(value).value_or(1) > 1;
        }
    }
    return std::getenv("PMIX_RANK") != nullptr;
}

/// Null if this process works alone. Errors: a launcher started several processes, but the MPI module is not installed.
std::unique_ptr<Ranks> join_ranks(Diagnostics& diagnostics) {
    if (!started_together()) {
        return nullptr;
    }
    std::string why_not;
    const auto join = function_of_module<JoinRanks>("berth_ranks.so", kJoinRanksSymbol, why_not);
    if (join == nullptr) {
        diagnostics.error(SourceLocation("mpirun"),
                          fmt::format("several processes cannot share a sweep without MPI: {}", why_not),
                          "one process with --threads N");
        return nullptr;
    }
    std::unique_ptr<Ranks> ranks(join());
    return ranks->size() > 1 ? std::move(ranks) : nullptr;
}

struct SweepOptions {
    ScenarioOptions scenario;
    AxesOptions axes;
    std::string out;
    std::optional<Format> format;
    bool resume = false;
};

bool output_fits(const SweepOptions& options, const Ranks* ranks, Diagnostics& diagnostics) {
    if (options.resume && options.out.empty()) {
        diagnostics.error(SourceLocation("--resume"), "it needs the file to continue", "--out FILE");
    }
    if (!options.out.empty() && options.format == Format::kJson) {
        diagnostics.error(SourceLocation("--out"), "a file holds rows of CSV", "--format csv");
    }
    if (ranks != nullptr && options.format == Format::kJson) {
        diagnostics.error(SourceLocation("--format"), "several processes write rows of CSV", "--format csv");
    }
    return !diagnostics.has_errors();
}

ExitStatus as_json(const Sweep& sweep, int threads, const Invocation& invocation, const Diagnostics& diagnostics) {
    std::vector<SweepPoint> points;
    std::optional<ProgressBar> progress(std::in_place, "points", sweep.size());
    sweep.run(0, sweep.size(), threads, [&](std::size_t at, const SweepPoint& point) {
        progress->reached(at + 1);
        points.push_back(point);
        return true;
    });
    progress.reset();  // clears the line for the answer
    return answer(with_provenance(sweep_json(sweep, points), invocation.provenance), diagnostics);
}

// Writes rows from the sink's current row on until the sink fails. Also called without remaining rows, because other
// ranks wait for work.
ExitStatus write_rows(const Sweep& sweep, const SweepOptions& options, int threads, Ranks* ranks,
                      Diagnostics& diagnostics) {
    std::size_t done = 0;
    const auto sink = options.out.empty() ? print_rows(sweep, diagnostics)
                                          : open_rows(options.out, options.resume, sweep, done, diagnostics);
    const Sweep::WriteRow row = row_writer(options.out, sweep);
    DroppedCount dropped;
    std::optional<ProgressBar> progress;
    if (!options.out.empty() || ::isatty(STDOUT_FILENO) != 1) {  // rows on a terminal show the progress themselves
        progress.emplace("points", sweep.size(), std::min(done, sweep.size()));
    }
    bool written = sink != nullptr;
    sweep.write(
        written ? std::min(done, sweep.size()) : sweep.size(), sweep.size(), threads,
        [&](std::size_t at, const SweepPoint& point, std::string& text) {
            row(at, point, text);
            if (!point.why_not.empty()) {
                dropped.add(at, point.why_not);
            }
        },
        [&](std::size_t behind, const std::string& text) {
            if (progress) {
                progress->reached(behind);
            }
            return written = sink->add(text, diagnostics);
        },
        ranks != nullptr ? ranks->helpers() : SweepHelpers{});
    progress.reset();
    if (ranks == nullptr) {  // other ranks do not send theirs
        for (const std::string& text : dropped_texts(sweep, dropped.rows())) {
            diagnostics.warning(SourceLocation("--vary"), text);
        }
    }
    const ExitStatus status = answer("", diagnostics);
    return written || status != ExitStatus::kFine ? status : ExitStatus::kBadInput;  // print_rows() reported it
}

ExitStatus help_first_rank(const Sweep& sweep, const SweepOptions& options, int threads, Ranks& ranks) {
    sweep.help(
        threads, row_writer(options.out, sweep), [&ranks](int thread) { return ranks.next(thread); },
        [&ranks](int thread, const SweepChunk& chunk, const std::string& text) { ranks.done(thread, chunk, text); });
    return ExitStatus::kFine;
}

// Fingerprint of options and inputs, with which ranks check that they share the same sweep.
std::uint64_t fingerprint(const SweepOptions& options, const std::optional<Sweep>& sweep) {
    return std::hash<std::string>()(fmt::format("{} {} {} {} {} {} {}", is_database(options.out),
                                                options.scenario.scenario, fmt::join(options.scenario.settings, " "),
                                                fmt::join(options.axes.vary, " "), options.axes.sample,
                                                options.axes.seed, sweep ? sweep_csv_header(*sweep) : ""));
}

/// Runs the sweep as one of the ranks, or alone if `ranks` is null.
ExitStatus sweep_as(Ranks* ranks, const SweepOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const bool fits = !diagnostics.has_errors() && output_fits(options, ranks, diagnostics);
    const auto ready = prepared_sweep(options.scenario, options.axes, invocation, diagnostics);
    const bool able = fits && ready;
    const int threads = ranks != nullptr ? std::max(1, options.axes.threads) : options.axes.used_threads();
    if (ranks != nullptr) {
        const auto unable = ranks->first_not_ready(able, threads, fingerprint(options, ready));
        if (unable && *unable != ranks->rank()) {  // that rank reports the reason
            return ExitStatus::kBadInput;
        }
        if (unable && able) {
            diagnostics.error(SourceLocation("mpirun"),
                              fmt::format("rank {} was started for another sweep than rank 0", *unable),
                              "the same command and the same files for all of them");
        }
    }
    if (!able || diagnostics.has_errors()) {
        return answer(std::nullopt, diagnostics);
    }
    if (ranks != nullptr && ranks->rank() > 0) {
        return help_first_rank(*ready, options, threads, *ranks);
    }
    // The answer consists of rows only, so settings without effect are reported on standard error.
    const auto silent = silent_inputs(ready->base(), ready->axes());
    fmt::print(stderr, "{}", warnings_text(silent, invocation.width));
    std::ranges::copy(silent, std::back_inserter(invocation.provenance.warnings));
    return options.format == Format::kJson ? as_json(*ready, threads, invocation, diagnostics)
                                           : write_rows(*ready, options, threads, ranks, diagnostics);
}

ExitStatus sweep(const SweepOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto ranks = join_ranks(diagnostics);
    try {
        return sweep_as(ranks.get(), options, invocation, diagnostics);
    } catch (const std::exception& failure) {
        if (ranks == nullptr) {
            throw;
        }
        fmt::print(stderr, "berth: internal failure of rank {}: {}\n", ranks->rank(), failure.what());
        ranks->abort(static_cast<int>(ExitStatus::kInternalFailure));
        throw;  // not reached
    }
}

}  // namespace

void add_sweep(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<SweepOptions>();
    CLI::App* command = app.add_subcommand("sweep", "Runs a scenario over a grid or a sample of its numbers");
    add_scenario_options(*command, options->scenario);
    add_axes_options(*command, options->axes);
    add_value(*command, "--out", options->out, "FILE",
              "File to write each row to as it is computed; .sqlite or .db makes a database");
    command->add_flag("--resume", options->resume, "Continue after the last row of that file");
    add_format_option(*command, options->format, {Format::kCsv, Format::kJson});
    command->footer(
        "Examples:\n"
        "  berth sweep rag-rk3588 --vary stages.rerank.tokens=16:512:16\n"
        "  berth sweep rag-rk3588 --vary hardware.devices.npu.memories.sram.capacity=256KiB:8MiB:x2 \\\n"
        "    --vary stages.rerank.dtype=fp16,int8 --out sweep.csv\n"
        "  berth sweep rag-rk3588 --vary stages.rerank.tokens=16:512 \\\n"
        "    --vary 'hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s' --sample sobol:4096 --out sample.sqlite\n"
        "  mpirun -n 4 berth sweep rag-rk3588 --vary stages.rerank.tokens=16:512:1 --out sweep.csv");
    command->callback([options, &invocation] { invocation.status = sweep(*options, invocation); });
}

}  // namespace berth
