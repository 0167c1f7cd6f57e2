// berth sweep: a scenario over a grid of its numbers.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include "berth/diagnostics.h"
#include "berth/dropped_points.h"
#include "berth/quantity_text.h"
#include "berth/silent_changes.h"
#include "berth/sweep_report.h"
#include "berth/warnings_report.h"
#include "cli/command.h"
#include "cli/row_sink.h"
#include "cli/sweep_axes.h"
#include "cli/terminal_manners.h"
#include "ranks/ranks.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "berth_ranks.so";
constexpr const char* kInstalledModules = "lib/berth/modules";

// Launchers say how many processes they start: Open MPI's mpirun, then those of PMI. PMIx only says that it is there.
bool started_together() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
        if (const char* value = std::getenv(name); value != nullptr) {
            return parse_number(value).value_or(1) > 1;
        }
    }
    return std::getenv("PMIX_RANK") != nullptr;
}

// The module lies beside the program where it is built, and in a folder of libraries where it is installed.
void* load_module(std::string& why_not) {
    std::error_code unknown;
    const fs::path folder = fs::read_symlink("/proc/self/exe", unknown).parent_path();
    for (const fs::path& place : {folder / kModule, folder.parent_path() / kInstalledModules / kModule}) {
        // What the MPI library loads itself looks for its names among those of the whole program.
        if (void* module = ::dlopen(place.c_str(), RTLD_NOW | RTLD_GLOBAL); module != nullptr) {
            return module;
        }
        if (fs::exists(place, unknown)) {
            why_not = ::dlerror();
        }
    }
    return nullptr;
}

/// Null if this process works alone. Errors: a launcher started several, but what talks to the others is not installed.
std::unique_ptr<Ranks> join_ranks(Diagnostics& diagnostics) {
    if (!started_together()) {
        return nullptr;
    }
    std::string why_not = "this program was built without MPI";
    void* module = load_module(why_not);
    void* symbol = module != nullptr ? ::dlsym(module, kJoinRanksSymbol) : nullptr;
    if (symbol == nullptr) {
        diagnostics.error(SourceLocation("mpirun"), fmt::format("several processes cannot share a sweep: {}", why_not),
                          "one process with --threads N");
        return nullptr;
    }
    std::unique_ptr<Ranks> ranks(reinterpret_cast<JoinRanks>(symbol)());
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
    progress.reset();  // off the line that the answer takes
    return answer(with_provenance(sweep_json(sweep, points), invocation.provenance), diagnostics);
}

// Rows from where the sink stands, until it says no. Other ranks wait for work, also where there is none.
ExitStatus write_rows(const Sweep& sweep, const SweepOptions& options, int threads, Ranks* ranks,
                      Diagnostics& diagnostics) {
    std::size_t done = 0;
    const auto sink = options.out.empty() ? print_rows(sweep, diagnostics)
                                          : open_rows(options.out, options.resume, sweep, done, diagnostics);
    const Sweep::WriteRow row = row_writer(options.out, sweep);
    DroppedCount dropped;
    std::optional<ProgressBar> progress;
    if (!options.out.empty() || ::isatty(STDOUT_FILENO) != 1) {  // rows on a terminal show how far it is themselves
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
    if (ranks == nullptr) {  // others keep theirs to themselves
        for (const std::string& text : dropped_texts(sweep, dropped.rows())) {
            diagnostics.warning(SourceLocation("--vary"), text);
        }
    }
    const ExitStatus status = answer("", diagnostics);
    return written || status != ExitStatus::kFine ? status : ExitStatus::kBadInput;  // standard output said why
}

ExitStatus help_first_rank(const Sweep& sweep, const SweepOptions& options, int threads, Ranks& ranks) {
    sweep.help(
        threads, row_writer(options.out, sweep), [&ranks](int thread) { return ranks.next(thread); },
        [&ranks](int thread, const SweepChunk& chunk, const std::string& text) { ranks.done(thread, chunk, text); });
    return ExitStatus::kFine;
}

// Ranks that share a sweep were started with the same options, and read the same from their files.
std::uint64_t fingerprint(const SweepOptions& options, const std::optional<Sweep>& sweep) {
    return std::hash<std::string>()(fmt::format("{} {} {} {} {} {} {}", is_database(options.out),
                                                options.scenario.scenario, fmt::join(options.scenario.settings, " "),
                                                fmt::join(options.axes.vary, " "), options.axes.sample,
                                                options.axes.seed, sweep ? sweep_csv_header(*sweep) : ""));
}

/// One of the ranks, or the only one, where `ranks` is null.
ExitStatus sweep_as(Ranks* ranks, const SweepOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const bool fits = !diagnostics.has_errors() && output_fits(options, ranks, diagnostics);
    const auto ready = prepared_sweep(options.scenario, options.axes, invocation, diagnostics);
    const bool able = fits && ready;
    const int threads = ranks != nullptr ? std::max(1, options.axes.threads) : options.axes.used_threads();
    if (ranks != nullptr) {
        const auto unable = ranks->first_not_ready(able, threads, fingerprint(options, ready));
        if (unable && *unable != ranks->rank()) {  // which says why
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
    // The answer is rows alone, so that what has no effect is told beside it.
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
