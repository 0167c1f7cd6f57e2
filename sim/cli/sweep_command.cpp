// berth sweep: a scenario over a grid of its numbers.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "base/line_file.h"
#include "berth/sweep_report.h"
#include "cli/command.h"
#include "cli/sweep_axes.h"

namespace berth {

namespace {

struct SweepOptions {
    ScenarioOptions scenario;
    AxesOptions axes;
    std::string out;
    std::optional<Format> format;
    bool resume = false;
};

bool output_fits(const SweepOptions& options, Diagnostics& diagnostics) {
    if (options.resume && options.out.empty()) {
        diagnostics.error(SourceLocation("--resume"), "there is no file to go on with", "--out FILE");
    }
    if (!options.out.empty() && options.format == Format::kJson) {
        diagnostics.error(SourceLocation("--out"), "rows are written there as they come", "--format csv");
    }
    return !diagnostics.has_errors();
}

/// Shows how far it is, once in a while.
class Progress {
  public:
    explicit Progress(std::size_t points) : points_(points) {}
    void reached(std::size_t point) {
        const auto now = std::chrono::steady_clock::now();
        if (point == points_ || now - shown_ > std::chrono::seconds(1)) {
            shown_ = now;
            show_progress(fmt::format("{} of {} points", point, points_));
        }
    }

  private:
    std::size_t points_;
    std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

/// Rows from `first` on, many at once; ends when `write` says no.
template <class Write>
void write_rows(const Sweep& sweep, std::size_t first, int threads, const Write& write) {
    const SweepRows rows(sweep);
    Progress progress(sweep.size());
    sweep.write(
        first, sweep.size(), threads,
        [&rows](std::size_t at, const SweepPoint& point, std::string& text) { rows.add(at, point, text); },
        [&](std::size_t behind, const std::string& text) {
            progress.reached(behind);
            return write(text);
        });
}

ExitStatus to_file(const Sweep& sweep, const SweepOptions& options, Diagnostics& diagnostics) {
    LineFile file;
    std::size_t done = 0;
    const std::string header = sweep_csv_header(sweep);
    const bool ready = options.resume ? file.resume(options.out, header, done, diagnostics)
                                      : file.start(options.out, header, diagnostics);
    bool written = ready;
    if (ready && done < sweep.size()) {
        write_rows(sweep, done, options.axes.used_threads(),
                   [&](const std::string& text) { return written = file.add(text, diagnostics); });
    }
    const ExitStatus status = answer("", diagnostics);
    return written ? status : ExitStatus::kInternalFailure;
}

ExitStatus to_output(const Sweep& sweep, const SweepOptions& options, Diagnostics& diagnostics) {
    if (options.format == Format::kJson) {
        std::vector<SweepPoint> points;
        sweep.run(0, sweep.size(), options.axes.used_threads(), [&](std::size_t, const SweepPoint& point) {
            points.push_back(point);
            return true;
        });
        return answer(sweep_json(sweep, points), diagnostics);
    }
    ExitStatus status = answer(sweep_csv_header(sweep), diagnostics);
    write_rows(sweep, 0, options.axes.used_threads(), [&](const std::string& text) {
        status = status == ExitStatus::kFine ? answer(text, Diagnostics{}) : status;
        return status == ExitStatus::kFine;
    });
    return status;
}

ExitStatus sweep(const SweepOptions& options, const Library& library) {
    Diagnostics diagnostics;
    const bool fits = output_fits(options, diagnostics);
    const auto ready = prepared_sweep(options.scenario, options.axes, library, diagnostics);
    if (!fits || !ready) {
        return answer(std::nullopt, diagnostics);
    }
    return options.out.empty() ? to_output(*ready, options, diagnostics) : to_file(*ready, options, diagnostics);
}

}  // namespace

void add_sweep(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<SweepOptions>();
    CLI::App* command = app.add_subcommand("sweep", "Runs a scenario over a grid of its numbers");
    add_scenario_options(*command, options->scenario);
    add_axes_options(*command, options->axes);
    command->add_option("--out", options->out, "Write the rows there, as they come")->type_name("FILE");
    command->add_flag("--resume", options->resume, "Go on behind the last row of that file");
    add_format_option(*command, options->format, {Format::kCsv, Format::kJson});
    command->footer(
        "Examples:\n"
        "  berth sweep rag-rk3588 --vary stages.rerank.tokens=16:512:16\n"
        "  berth sweep rag-rk3588 --vary hardware.devices.npu.memories.sram.capacity=256KiB:8MiB:x2 \\\n"
        "    --vary stages.rerank.dtype=fp16,int8 --out sweep.csv\n"
        "  berth sweep rag-rk3588 --vary stages.rerank.tokens=16:512 \\\n"
        "    --vary 'hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s' --sample sobol:4096 --out sample.csv");
    command->callback([options, &invocation] { invocation.status = sweep(*options, invocation.library); });
}

}  // namespace berth
